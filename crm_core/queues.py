"""The RQ queues. Redis is the courier, never the only copy: every job is about a row."""

from collections.abc import Callable
from functools import cache
from typing import Any

from redis import Redis
from rq import Queue
from rq.serializers import JSONSerializer

from crm_core.settings import settings

URGENT = "urgent"  # what somebody waits for: slow answers, alerts
DEFAULT = "default"  # surveys, single messages
BULK = "bulk"  # pushes
NAMES = (URGENT, DEFAULT, BULK)

_TIMEOUT_SECONDS = 3


def enqueue(name: str, job: Callable[..., Any], *args: Any) -> None:
    """Let a worker of the queue `name` run `job`, under a name that says what it is about.

    Nobody reads a result: what came of it stands in the row.
    """
    get(name).enqueue(job, *args, job_id=job_id(job, *args), result_ttl=0)


def job_id(job: Callable[..., Any], *args: Any) -> str:
    """What `enqueue` calls a job: the same for the same row."""
    return "-".join([job.__name__, *map(str, args)])


def waiting(name: str) -> set[str]:
    """The ids of the jobs that nobody has begun in a queue."""
    return set(get(name).get_job_ids())


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
