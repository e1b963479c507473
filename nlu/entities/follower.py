"""Follows the shop's live lexicon over HTTP, so that a new product is known without retraining."""

from __future__ import annotations

import logging
import os
import threading
import weakref
from collections.abc import Mapping
from typing import Any

import requests

from nlu.entities.lexicon import Entries, Lexicon, fixed_entries

logger = logging.getLogger(__name__)

_TIMEOUT_SECONDS = 3.0
_PATH = "/internal/lexicon"


class LexiconFollower:
    """The fixed lexicon with the live one over it; one thread a process asks for changes.

    Reading never waits for the network. While the endpoint cannot be reached or makes no sense,
    the last good lexicon stays.
    """

    def __init__(self, base_url: str | None, secret: str, every_seconds: float) -> None:
        """Without a `base_url` the fixed lexicon is all there is."""
        self._url = base_url.rstrip("/") + _PATH if base_url else None
        self._headers = {"Authorization": f"Bearer {secret}"}
        self._every_seconds = every_seconds
        self._lexicon = Lexicon(fixed_entries())
        self._etag: str | None = None
        self._pid = 0
        self._lock = threading.Lock()
        self._asking = threading.Lock()  # else an old answer could come in after a newer one
        self._reached = True
        _followers.add(self)

    @classmethod
    def from_environment(cls, every_seconds: float) -> LexiconFollower:
        """Reads `DIANYU_INTERNAL_URL` and `DIANYU_INTERNAL_SECRET`."""
        url = os.environ.get("DIANYU_INTERNAL_URL")
        return cls(url, os.environ.get("DIANYU_INTERNAL_SECRET", ""), every_seconds)

    @property
    def follows(self) -> bool:
        """Whether there is an endpoint to ask."""
        return self._url is not None

    @property
    def etag(self) -> str | None:
        """The tag of the live lexicon in use; None where it was not read yet."""
        return self._etag

    def lexicon(self) -> Lexicon:
        """The newest lexicon known. The first call in a process asks once and then follows."""
        if self._url and self._pid != os.getpid():
            self._follow()
        return self._lexicon

    def refresh(self) -> bool:
        """Asks once; True where the lexicon changed. Failures are logged when they begin."""
        try:
            with self._asking:
                changed = self._fetch()
        except (requests.RequestException, ValueError, TypeError, AttributeError) as error:
            if self._reached:
                logger.warning("The live lexicon cannot be read; the last one stays: %s", error)
            self._reached = False
            return False
        self._reached = True
        return changed

    def _follow(self) -> None:
        with self._lock:
            if self._pid == os.getpid():
                return
            self._pid = os.getpid()
        self.refresh()
        stop = threading.Event()
        weakref.finalize(self, stop.set)
        arguments = (weakref.ref(self), stop, self._every_seconds)
        threading.Thread(target=_keep_asking, args=arguments, name="lexicon", daemon=True).start()

    def _fetch(self) -> bool:
        headers = self._headers | ({"If-None-Match": self._etag} if self._etag else {})
        answer = requests.get(str(self._url), headers=headers, timeout=_TIMEOUT_SECONDS)
        if answer.status_code == requests.codes.not_modified:
            return False
        answer.raise_for_status()
        self._lexicon = Lexicon(fixed_entries(), _entries(answer.json()))
        self._etag = answer.headers.get("ETag")
        return True


def refresh_all() -> str | None:
    """Every follower of this process asks at once; answers the tag that all of them hold now."""
    followers = [one for one in _followers if one.follows]
    for one in followers:
        one.refresh()
    tags = {one.etag for one in followers}
    return tags.pop() if len(tags) == 1 else None


_followers: weakref.WeakSet[LexiconFollower] = weakref.WeakSet()


def _keep_asking(
    follower: weakref.ref[LexiconFollower], stop: threading.Event, every_seconds: float
) -> None:
    """Runs until the follower is gone: a reloaded model leaves no thread behind."""
    while not stop.wait(every_seconds):
        followed = follower()
        if followed is None:
            return
        followed.refresh()
        del followed


def _entries(answer: Mapping[str, Any]) -> Entries:
    """From the endpoint's list of `{"value", "forms"}` to value -> forms."""
    return {
        str(entity): {str(entry["value"]): map(str, entry["forms"]) for entry in listed}
        for entity, listed in answer["entries"].items()
    }
