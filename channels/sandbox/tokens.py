"""Access tokens: who holds a valid one."""

import math
import secrets
from dataclasses import dataclass

from channels.sandbox.clock import Recent
from channels.sandbox.config import Limits
from channels.sandbox.errors import Refused

_DAY_SECONDS = 24 * 3600
_OA_PREFIX = "80_"


@dataclass
class Token:
    value: str
    expires_at: float
    replaced: bool = False  # by a newer one of the same kind

    def seconds_left(self, now: float) -> int:
        return max(0, math.ceil(self.expires_at - now))


class OaTokens:
    """The two kinds an official account has: `token`, whose holder is alone, and `stable_token`."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._known: dict[str, Token] = {}
        self._latest: dict[str, Token] = {}
        self._fetched = Recent()
        self._forced = Recent()

    def fetch(self, now: float) -> Token:
        """A new token; the one before lives on for the overlap only.

        Raises:
            Refused: 45009, the day's fetches are used up.
        """
        if self._fetched.count(now, _DAY_SECONDS) >= self._limits.tokens_per_day:
            raise Refused(45009, "reach max api daily quota limit")
        self._fetched.add(now)
        return self._renew("token", now)

    def stable(self, now: float, *, force: bool) -> Token:
        """The same token until it is about to end, unless forced.

        Raises:
            Refused: 45009 or 45011, forced too often.
        """
        held = self._latest.get("stable")
        if force:
            self._count_forced(now)
        elif held and held.seconds_left(now) > self._limits.token_overlap_seconds:
            return held
        return self._renew("stable", now)

    def check(self, value: str, now: float) -> None:
        """Let a call through.

        Raises:
            Refused: 41001 missing, 40014 not a token, 40001 unknown or replaced, 42001 expired.
        """
        if not value:
            raise Refused(41001, "access_token missing")
        if not value.startswith(_OA_PREFIX):
            raise Refused(40014, "invalid access_token")
        token = self._known.get(value)
        if token is None or (token.replaced and token.expires_at <= now):
            raise Refused(40001, "invalid credential, access_token is invalid or not latest")
        if token.expires_at <= now:
            raise Refused(42001, "access_token expired")

    def expire(self, now: float) -> None:
        """End every token now, as if its time were over."""
        for token in self._known.values():
            token.expires_at = min(token.expires_at, now)

    def _renew(self, kind: str, now: float) -> Token:
        if before := self._latest.get(kind):
            before.replaced = True
            overlap_ends = now + self._limits.token_overlap_seconds
            before.expires_at = min(before.expires_at, overlap_ends)
        value = _OA_PREFIX + secrets.token_urlsafe(96)
        token = Token(value, now + self._limits.token_seconds)
        self._known[value] = self._latest[kind] = token
        return token

    def _count_forced(self, now: float) -> None:
        if self._forced.count(now, _DAY_SECONDS) >= self._limits.forced_tokens_per_day:
            raise Refused(45009, "reach max api daily quota limit")
        if self._forced.count(now, self._limits.forced_token_gap_seconds):
            raise Refused(45011, "api minute-quota reach limit")
        self._forced.add(now)


class WecomTokens:
    """One token for the app; asking again gives the same one."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._known: dict[str, Token] = {}
        self._latest: Token | None = None

    def fetch(self, now: float) -> Token:
        if self._latest is None or self._latest.expires_at <= now:
            value = secrets.token_urlsafe(160)
            self._latest = self._known[value] = Token(value, now + self._limits.token_seconds)
        return self._latest

    def check(self, value: str, now: float) -> None:
        """Let a call through.

        Raises:
            Refused: 41001 missing, 40014 unknown, 42001 expired.
        """
        if not value:
            raise Refused(41001, "access_token missing")
        token = self._known.get(value)
        if token is None:
            raise Refused(40014, "invalid access_token")
        if token.expires_at <= now:
            raise Refused(42001, "access_token expired")

    def expire(self, now: float) -> None:
        """End the token now, as if its time were over."""
        for token in self._known.values():
            token.expires_at = min(token.expires_at, now)
