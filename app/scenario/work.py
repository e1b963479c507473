"""What is done in the background: RQ's jobs and the tasks of the schedule, when asked to."""

import logging
import time

from rq import SimpleWorker
from rq.registry import FailedJobRegistry
from rq.serializers import JSONSerializer
from sqlmodel import select

from app.schedule import TASKS
from crm_core import queues
from crm_core.clock import now
from crm_core.db import reading
from crm_core.outbox.models import Outbound, OutboundState

_ENQUEUEING_SECONDS = 2.0
_LOOK_SECONDS = 0.01


class _Worker(SimpleWorker):
    def _install_signal_handlers(self) -> None:
        """Ctrl-C stays with who plays the scenarios."""


class Work:
    """Does what lies in the queues until they are empty."""

    def __init__(self) -> None:
        logging.getLogger("rq.worker").setLevel(logging.CRITICAL)  # failures are asked for below

    def all_done(self) -> list[str]:
        """Do everything that is queued, and what that queues; answers the jobs that failed."""
        until = time.monotonic() + _ENQUEUEING_SECONDS
        while _work() or (_is_due() and time.monotonic() < until):
            time.sleep(_LOOK_SECONDS)
        return [failure for name in queues.NAMES for failure in _failures(name)]

    def on_schedule(self) -> list[str]:
        """Do what cron would have done by now; answers the jobs that failed."""
        for task in TASKS:
            queues.get(task.queue).enqueue(task.job)
        return self.all_done()


def _work() -> bool:
    """Empty the queues; whether there was anything in them."""
    listed = [queues.get(name) for name in queues.NAMES]
    if not any(queue.count for queue in listed):
        return False
    worker = _Worker(listed, connection=queues.redis(), serializer=JSONSerializer)
    worker.work(burst=True, logging_level="CRITICAL")
    return True


def _is_due() -> bool:
    """Whether a message waits to be sent now: a turn that has just ended may still enqueue it."""
    due = Outbound.state == OutboundState.PENDING, Outbound.next_at <= now()
    with reading() as session:
        return session.exec(select(Outbound.id).where(*due).limit(1)).first() is not None


def _failures(name: str) -> list[str]:
    registry = FailedJobRegistry(queue=queues.get(name))
    failed = []
    for job_id in registry.get_job_ids():
        job = queues.get(name).fetch_job(job_id)
        result = job.latest_result() if job else None
        last = (result.exc_string or "").strip().splitlines()[-1:] if result else []
        failed.append(f"{job.func_name if job else job_id} failed: {''.join(last)}")
        registry.remove(job_id)
    return failed
