"""How each kind of process shows that it is able to work."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from typing import Protocol

import httpx
from redis import Redis, RedisError
from rq import Worker
from rq.cron import CronScheduler

Ready = Callable[[int], Awaitable[bool]]
"""Given the process id, whether the process is ready; asked again until it is."""

_TIMEOUT_SECONDS = 5.0


class Registered(Protocol):
    """What RQ knows of a process that works for it; the entry goes with the heartbeat."""

    @property
    def pid(self) -> int | None: ...

    @property
    def hostname(self) -> str | None: ...


def workers(redis: Redis) -> Iterable[Registered]:
    return Worker.all(redis)


def schedulers(redis: Redis) -> Iterable[Registered]:
    return CronScheduler.all(redis)


def over_http(url: str, *, below: int = 300) -> Ready:
    """Ready once `url` answers with a status under `below`."""

    async def ready(_pid: int) -> bool:
        try:
            async with httpx.AsyncClient(timeout=_TIMEOUT_SECONDS, trust_env=False) as client:
                return (await client.get(url)).status_code < below
        except httpx.TransportError:
            return False

    return ready


def redis_pings(url: str) -> Ready:
    return _in_a_thread(url, lambda redis, _: bool(redis.ping()))


def known_to_rq(url: str, kind: Callable[[Redis], Iterable[Registered]]) -> Ready:
    """Ready once RQ knows the process as one of `workers` or `schedulers`."""
    return _in_a_thread(url, lambda redis, pid: pid in {known.pid for known in kind(redis)})


def _in_a_thread(url: str, look: Callable[[Redis, int], bool]) -> Ready:
    def ready(pid: int) -> bool:
        try:
            with Redis.from_url(url, socket_timeout=_TIMEOUT_SECONDS) as redis:
                return look(redis, pid)
        except RedisError:
            return False

    async def ready_soon(pid: int) -> bool:
        return await asyncio.to_thread(ready, pid)

    return ready_soon
