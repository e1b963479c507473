"""The containers' health check: `python -m app.run.health URL|worker|cron`.

A worker and cron have no port: RQ forgets them when their heartbeat stops.
"""

import asyncio
import socket
import sys

from redis import Redis

from app.run import ready
from crm_core.settings import settings


def healthy(what: str) -> bool:
    """Whether the URL answers, or RQ knows a worker (a scheduler) on this host."""
    if what not in {"worker", "cron"}:
        return asyncio.run(_answers(what))
    kind = ready.workers if what == "worker" else ready.schedulers
    with Redis.from_url(settings().redis_url, socket_timeout=5) as redis:
        return socket.gethostname() in {known.hostname for known in kind(redis)}


async def _answers(url: str) -> bool:
    return await ready.over_http(url)(0)


if __name__ == "__main__":
    sys.exit(not healthy(sys.argv[1]))
