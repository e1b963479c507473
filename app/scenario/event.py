"""Something that happened before a scenario begins."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session


@dataclass(frozen=True)
class Event:
    """What `tell` writes happened `at`; `place` is where the file says so."""

    at: datetime
    place: str  # "orders[3]", below given
    tell: Callable[[Session], object]
