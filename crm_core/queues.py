"""The RQ queues. Redis is the courier, never the only copy: every job is about a row."""

from functools import cache

from redis import Redis
from rq import Queue
from rq.serializers import JSONSerializer

from crm_core.settings import settings

URGENT = "urgent"  # what somebody waits for: slow answers, alerts
DEFAULT = "default"  # surveys, single messages
BULK = "bulk"  # pushes
NAMES = (URGENT, DEFAULT, BULK)

_TIMEOUT_SECONDS = 3


@cache
def redis() -> Redis:
    return Redis.from_url(
        settings().redis_url,
        socket_timeout=_TIMEOUT_SECONDS,
        socket_connect_timeout=_TIMEOUT_SECONDS,
    )


def blocking_redis() -> Redis:
    """A connection that may wait for work longer than an ordinary answer takes."""
    return Redis.from_url(settings().redis_url)


@cache
def get(name: str) -> Queue:
    """The queue called `name` (one of NAMES)."""
    return Queue(name, connection=redis(), serializer=JSONSerializer)
