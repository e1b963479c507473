"""Something that happened before a scenario begins, and where the file says so."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session

from crm_core.errors import CrmError

Loc = tuple[int | str, ...]  # the way to a part of the file: ("given", "orders", 3)


@dataclass(frozen=True)
class Event:
    """What `tell` writes happened `at`."""

    at: datetime
    place: Loc
    tell: Callable[[Session], object]


def ref_of(place: Loc) -> str:
    """What a write that a scenario states is repeated under."""
    return ".".join(("scenario", *map(str, place[1:])))


class CannotHappen(Exception):
    """The services refuse what a scenario states; the message says why."""

    def __init__(self, place: Loc, reason: str) -> None:
        super().__init__(reason)
        self.place = place


@contextmanager
def stated(*place: int | str) -> Iterator[None]:
    """Let a refusal say where the file states it.

    Raises:
        CannotHappen: a service refuses it.
    """
    try:
        yield
    except (CrmError, ValueError) as error:
        said = getattr(error, "values", {}).items()
        values = "".join(f" {name}={value}" for name, value in said)
        code = getattr(error, "code", "invalid")
        raise CannotHappen(place, f"this cannot have happened ({code}{values})") from error
