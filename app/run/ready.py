"""How each kind of process shows that it is able to work."""

import asyncio
from collections.abc import Awaitable, Callable

import httpx
from redis import Redis, RedisError
from rq import Worker
from rq.cron import CronScheduler

Ready = Callable[[int], Awaitable[bool]]
"""Given the process id, whether the process is ready; asked again until it is."""

_TIMEOUT_SECONDS = 5.0


def over_http(url: str, *, secret: str = "", below: int = 300) -> Ready:
    """Ready once `url` answers with a status under `below`."""
    headers = {"Authorization": f"Bearer {secret}"} if secret else {}

    async def ready(_pid: int) -> bool:
        try:
            async with httpx.AsyncClient(timeout=_TIMEOUT_SECONDS, trust_env=False) as client:
                return (await client.get(url, headers=headers)).status_code < below
        except httpx.TransportError:
            return False

    return ready


def redis_pings(url: str) -> Ready:
    return _in_a_thread(url, lambda redis, _: bool(redis.ping()))


def works_for(url: str) -> Ready:
    """Ready once RQ knows the process as a worker."""
    return _in_a_thread(url, lambda redis, pid: pid in {w.pid for w in Worker.all(redis)})


def schedules_for(url: str) -> Ready:
    """Ready once RQ knows the process as a cron scheduler."""
    return _in_a_thread(url, lambda redis, pid: pid in {c.pid for c in CronScheduler.all(redis)})


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
