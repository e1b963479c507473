"""The one place that asks what time it is.

A scenario may set the clock (demo and tests only): in this process by `set_to`, for all processes
of a home by the file `clock`, which holds the offset in seconds.
"""

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from crm_core.settings import settings

_CHECK_SECONDS = 1.0


class _Shift:
    """How far the clock is moved; the file is looked at once a second at most."""

    def __init__(self) -> None:
        self.offset = timedelta()
        self.checked = float("-inf")
        self.still_at: datetime | None = None


_shift = _Shift()


def now() -> datetime:
    """The current moment, aware, in UTC."""
    return _shift.still_at or datetime.now(UTC) + _offset()


def today() -> date:
    """The current day in the shop's time zone."""
    return now().astimezone(settings().zone).date()


def local(moment: datetime) -> datetime:
    """`moment` in the shop's time zone, for showing and for counting days."""
    return moment.astimezone(settings().zone)


def set_to(moment: datetime) -> None:
    """From now on, in this process, the clock goes on from `moment`."""
    _shift.offset = moment - datetime.now(UTC)
    _shift.checked = float("inf")


@contextmanager
def standing_at(moment: datetime) -> Iterator[None]:
    """Within it the clock of this process stands still at `moment`; for telling history."""
    before, _shift.still_at = _shift.still_at, moment.astimezone(UTC)
    try:
        yield
    finally:
        _shift.still_at = before


def reset() -> None:
    """Back to the real time."""
    _shift.offset = timedelta()
    _shift.checked = float("-inf")


def share(moment: datetime) -> None:
    """Set the clock of every process of this home (demo mode only)."""
    offset = (moment - datetime.now(UTC)).total_seconds()
    path = _file()
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_suffix(f".{os.getpid()}")
    part.write_text(str(offset))
    part.replace(path)


def _offset() -> timedelta:
    if time.monotonic() - _shift.checked > _CHECK_SECONDS:
        _shift.checked = time.monotonic()
        _shift.offset = _shared() if settings().demo else timedelta()
    return _shift.offset


def _shared() -> timedelta:
    try:
        return timedelta(seconds=float(_file().read_text()))
    except FileNotFoundError:
        return timedelta()


def _file() -> Path:
    return settings().home / "clock"
