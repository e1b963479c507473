"""One access token a platform account, kept in Redis and fetched by one process at a time."""

from collections.abc import Callable
from typing import Any

import httpx

from crm_core import crypto, queues

_FETCH_SECONDS = 5.0
_MARGIN_SECONDS = 300  # a token is fetched anew that long before it ends
_SHORTEST_SECONDS = 60


class TokenRefused(Exception):
    """The platform gives no token: wrong secret, unlisted address, or it is down."""


class Tokens:
    """The token of one account; `fetch` asks the platform for {"access_token", "expires_in"}."""

    def __init__(self, name: str, fetch: Callable[[bool], dict[str, Any]]) -> None:
        self._key = f"token:{name}"
        self._fetch = fetch

    def get(self) -> str:
        """The token in force, fetched if there is none.

        Raises:
            TokenRefused: the platform gives none.
        """
        return self._cached() or self._renew(None)

    def replace(self, refused: str) -> str:
        """Another token than the one the platform just refused.

        Raises:
            TokenRefused: the platform gives none.
        """
        return self._renew(refused)

    def _cached(self) -> str | None:
        kept = queues.redis().get(self._key)
        if not isinstance(kept, bytes):
            return None
        return crypto.decrypt(kept, self._key).decode()

    def _renew(self, refused: str | None) -> str:
        with queues.redis().lock(f"lock:{self._key}", timeout=15, blocking_timeout=10):
            other = self._cached()
            if other and other != refused:
                return other  # somebody was faster
            given = self._fetch(refused is not None)
            token = str(given["access_token"])
            lives = max(_SHORTEST_SECONDS, int(given["expires_in"]) - _MARGIN_SECONDS)
            queues.redis().set(self._key, crypto.encrypt(token.encode(), self._key), ex=lives)
            return token


def ask(method: str, url: str, **request: Any) -> dict[str, Any]:
    """One request for a token.

    Raises:
        TokenRefused: it was refused or failed.
    """
    try:
        answer = httpx.request(method, url, timeout=_FETCH_SECONDS, **request)
        given: dict[str, Any] = answer.raise_for_status().json()
    except (httpx.HTTPError, ValueError) as error:
        raise TokenRefused(type(error).__name__) from error
    if not given.get("access_token"):
        raise TokenRefused(str(given.get("errcode")))
    return given
