"""Something that happened before a scenario begins, and where the file says so."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session

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
