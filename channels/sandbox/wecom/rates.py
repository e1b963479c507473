"""How often the app may write to one member."""

from collections import defaultdict

from channels.sandbox.clock import Recent
from channels.sandbox.config import Limits

_MINUTE_SECONDS = 60
_HOUR_SECONDS = 3600


class AppRates:
    """30 a minute and 1000 an hour for each member; repeats of a text where asked to be checked."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._sent: defaultdict[str, Recent] = defaultdict(Recent)
        self._texts: dict[tuple[str, str], float] = {}

    def take_turn(self, userid: str, now: float) -> bool:
        """Count one message; False if WeCom would drop it without a word."""
        recent = self._sent[userid]
        minute = recent.count(now, _MINUTE_SECONDS) < self._limits.app_per_member_minute
        hour = recent.count(now, _HOUR_SECONDS) < self._limits.app_per_member_hour
        if minute and hour:
            recent.add(now)
        return minute and hour

    def is_repeat(self, userid: str, digest: str, now: float, seconds: float) -> bool:
        """Whether the same content went to this member within `seconds`; remembers it if not."""
        before = self._texts.get((userid, digest))
        if before is not None and now - before < seconds:
            return True
        self._texts[userid, digest] = now
        return False
