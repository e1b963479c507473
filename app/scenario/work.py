"""What is done in the background: RQ's jobs and the tasks of the schedule, when asked to."""

import logging

from rq import SimpleWorker
from rq.registry import FailedJobRegistry
from rq.serializers import JSONSerializer

from app.schedule import TASKS
from crm_core import queues


class _Worker(SimpleWorker):
    def _install_signal_handlers(self) -> None:
        """Ctrl-C stays with who plays the scenarios."""


class Work:
    """Does what lies in the queues until they are empty."""

    def __init__(self) -> None:
        logging.getLogger("rq.worker").setLevel(logging.CRITICAL)  # failures are asked for below

    def all_done(self) -> list[str]:
        """Do everything that is queued, and what that queues; answers the jobs that failed."""
        listed = [queues.get(name) for name in queues.NAMES]
        while any(queue.count for queue in listed):
            worker = _Worker(listed, connection=queues.redis(), serializer=JSONSerializer)
            worker.work(burst=True, logging_level="CRITICAL")
        return [failure for name in queues.NAMES for failure in _failures(name)]

    def on_schedule(self) -> list[str]:
        """Do what cron would have done by now; answers the jobs that failed."""
        for task in TASKS:
            queues.get(task.queue).enqueue(task.job)
        return self.all_done()


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
