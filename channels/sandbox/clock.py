"""The stand-in's own clock, which a scenario may move."""

import time
from collections import deque
from datetime import datetime, timedelta, timezone

CHINA = timezone(timedelta(hours=8))  # the platforms count their days and months in it


class Clock:
    """The real time plus an offset in seconds."""

    def __init__(self) -> None:
        self.offset_seconds = 0.0

    def now(self) -> float:
        """Seconds since 1970."""
        return time.time() + self.offset_seconds

    def local(self) -> datetime:
        return datetime.fromtimestamp(self.now(), CHINA)

    def set_to(self, moment: datetime) -> None:
        """From now on the clock goes on from `moment`."""
        self.offset_seconds = moment.timestamp() - time.time()


class Recent:
    """When something happened lately, for limits of so many in so many seconds."""

    def __init__(self) -> None:
        self._times: deque[float] = deque(maxlen=4096)

    def add(self, now: float) -> None:
        self._times.append(now)

    def count(self, now: float, seconds: float) -> int:
        """How many happened in the `seconds` up to `now`."""
        return sum(now - seconds < at <= now for at in self._times)
