"""How many customer-service messages a follower may still get."""

from dataclasses import dataclass

from channels.sandbox.config import Limits
from channels.sandbox.errors import Refused


@dataclass
class Window:
    closes_at: float
    sends_left: int


class Windows:
    """A message opens five sends in 48 hours, an action (click, scan, follow) three in a minute.

    They do not add up: a send counts in every open window, and a new trigger renews its own.
    """

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._of: dict[str, dict[str, Window]] = {}

    def said_something(self, openid: str, now: float) -> None:
        window = Window(
            now + self._limits.message_window_seconds, self._limits.message_window_sends
        )
        self._of.setdefault(openid, {})["message"] = window

    def did_something(self, openid: str, now: float) -> None:
        window = Window(now + self._limits.action_window_seconds, self._limits.action_window_sends)
        self._of.setdefault(openid, {})["action"] = window

    def spend(self, openid: str, now: float) -> None:
        """Use up one send.

        Raises:
            Refused: 45015 no window is open, 45047 the open ones are used up.
        """
        still_open = [w for w in self._of.get(openid, {}).values() if w.closes_at > now]
        if not still_open:
            raise Refused(45015, "response out of time limit or subscription is canceled")
        if not any(window.sends_left for window in still_open):
            raise Refused(45047, "out of response count limit")
        for window in still_open:
            window.sends_left = max(0, window.sends_left - 1)
