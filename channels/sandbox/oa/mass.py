"""Mass sending: which jobs there are, and who may still get one this month."""

import hashlib
import itertools
import json
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from channels.sandbox.clock import Clock, Recent
from channels.sandbox.config import Limits
from channels.sandbox.errors import Refused

_MINUTE_SECONDS = 60


@dataclass
class Job:
    msg_id: int
    msg_data_id: int
    openids: list[str]
    at: float
    done: bool = False
    errors: int = 0
    sent: list[str] = field(default_factory=list)


class MassJobs:
    """Jobs by the sender's `clientmsgid`, and each follower's count for the calendar month."""

    def __init__(self, limits: Limits, clock: Clock) -> None:
        self._limits = limits
        self._clock = clock
        self._by_client_id: dict[str, Job] = {}
        self._by_msg_id: dict[int, Job] = {}
        self._per_month: Counter[tuple[str, str]] = Counter()
        self._calls = Recent()
        self._ids = itertools.count(3147483648)

    def submit(self, body: dict[str, Any]) -> Job:
        """Accept a job; a repeated `clientmsgid` (by default a digest of the body) is refused.

        Raises:
            Refused: 40130 too few receivers, 40032 too many, 45011 too many calls a minute,
                45065 a repeat within the day (`msg_id` is the first job's), 45067 long id.
        """
        now = self._clock.now()
        self._count_call(now)
        openids = _openids(body, self._limits)
        client_id = _client_id(body, self._limits)
        first = self._by_client_id.get(client_id)
        if first and now - first.at < self._limits.mass_repeat_seconds:
            raise Refused(45065, "clientmsgid exist", msg_id=first.msg_id)
        number = next(self._ids)
        job = Job(number, 2247483649 + number % 1000, openids, now)
        self._by_client_id[client_id] = self._by_msg_id[number] = job
        return job

    def take_turn(self, openid: str) -> bool:
        """Count one message for a follower; False if the month's are used up."""
        key = openid, f"{self._clock.local():%Y-%m}"
        if self._per_month[key] >= self._limits.mass_per_month:
            return False
        self._per_month[key] += 1
        return True

    def find(self, msg_id: int) -> Job | None:
        return self._by_msg_id.get(msg_id)

    def _count_call(self, now: float) -> None:
        if self._calls.count(now, _MINUTE_SECONDS) >= self._limits.mass_calls_per_minute:
            raise Refused(45011, "api minute-quota reach limit, must slower")
        self._calls.add(now)


def _openids(body: dict[str, Any], limits: Limits) -> list[str]:
    openids = body.get("touser")
    if not isinstance(openids, list) or len(openids) < limits.mass_receivers_min:
        raise Refused(40130, "invalid openid list size, at least two openid")
    if len(openids) > limits.mass_receivers_max:
        raise Refused(40032, "invalid openid list size")
    return list(dict.fromkeys(str(openid) for openid in openids))


def _client_id(body: dict[str, Any], limits: Limits) -> str:
    client_id = str(body.get("clientmsgid") or "")
    if len(client_id.encode()) > limits.mass_id_bytes:
        raise Refused(45067, "clientmsgid size out of limit")
    digest = hashlib.sha256(json.dumps(body, sort_keys=True).encode()).hexdigest()
    return client_id or f"digest:{digest}"
