"""QR codes with a parameter."""

import secrets
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from channels.sandbox.config import Limits
from channels.sandbox.errors import Refused

_TEMPORARY = {"QR_SCENE", "QR_STR_SCENE"}
_PERMANENT = {"QR_LIMIT_SCENE", "QR_LIMIT_STR_SCENE"}


@dataclass(frozen=True)
class Code:
    ticket: str
    scene: str
    expires_at: float | None  # None: permanent


class Scenes:
    """The codes made so far; a scan names a scene, the platform adds the ticket."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._by_scene: dict[str, Code] = {}

    def create(self, wanted: dict[str, Any], now: float) -> dict[str, Any]:
        """Make a code.

        Raises:
            Refused: 40035, the request is not of the documented form; 45029, too many codes.
        """
        action = wanted.get("action_name")
        if action not in _TEMPORARY | _PERMANENT:
            raise Refused(40035, "invalid argument: action_name")
        scene = _scene(wanted, str(action), self._limits)
        seconds = self._seconds(wanted) if action in _TEMPORARY else None
        if seconds is None and self._permanent() >= self._limits.qr_permanent_scenes:
            raise Refused(45029, "has too many qrcode")
        ticket = secrets.token_urlsafe(60)
        expires_at = None if seconds is None else now + seconds
        self._by_scene[scene] = Code(ticket, scene, expires_at)
        url = f"http://weixin.qq.com/q/{secrets.token_urlsafe(16)}?t={quote(ticket[:8])}"
        made: dict[str, Any] = {"ticket": ticket, "url": url}
        return made if seconds is None else made | {"expire_seconds": seconds}

    def ticket(self, scene: str, now: float) -> str:
        """The ticket of a code that still works; a made-up one for scenes never registered."""
        code = self._by_scene.get(scene)
        if code and (code.expires_at is None or code.expires_at > now):
            return code.ticket
        return f"ticket-{scene}"

    def _permanent(self) -> int:
        return sum(code.expires_at is None for code in self._by_scene.values())

    def _seconds(self, wanted: dict[str, Any]) -> int:
        seconds = wanted.get("expire_seconds", self._limits.qr_default_seconds)
        if not isinstance(seconds, int) or not 0 < seconds <= self._limits.qr_temporary_seconds:
            raise Refused(40035, "invalid argument: expire_seconds")
        return seconds


def _scene(wanted: dict[str, Any], action: str, limits: Limits) -> str:
    info = wanted.get("action_info")
    named = info.get("scene") if isinstance(info, dict) else None
    value = named.get("scene_str" if "STR" in action else "scene_id") if named else None
    if "STR" in action:
        if isinstance(value, str) and 1 <= len(value) <= limits.qr_scene_chars:
            return value
    elif isinstance(value, int) and value > 0:
        return str(value)
    raise Refused(40035, "invalid argument: scene")
