"""One RQ worker on one queue: `python -m app.worker urgent`."""

import sys
from typing import Any

from rq import SimpleWorker
from rq.job import Job
from rq.serializers import JSONSerializer

from app import logs, wiring
from crm_core import queues
from crm_core.settings import settings


class JobFailed(Exception):
    """What RQ keeps and logs of an error in a job: its trace, without its words."""


class WordlessJob(Job):
    """RQ writes down the errors of jobs word for word, in Redis and in the log."""

    def perform(self) -> Any:
        try:
            return super().perform()
        except Exception as error:  # noqa: BLE001 - the edge of every job
            raise JobFailed(logs.traced(error)) from None


def main(name: str) -> None:
    """Work until stopped. Jobs are short and run in this process: forking costs six times as much,
    and a worker on several queues could lose the job of one that was killed.
    """
    logs.configure()
    with wiring.plug_in(settings()):
        worker = SimpleWorker(
            [queues.get(name)],
            connection=queues.blocking_redis(),
            serializer=JSONSerializer,
            job_class=WordlessJob,
        )
        worker.work(logging_level="WARNING")


if __name__ == "__main__":
    main(sys.argv[1])
