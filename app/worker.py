"""One RQ worker on one queue: `python -m app.worker urgent`."""

import sys

from rq import SimpleWorker
from rq.serializers import JSONSerializer

from app import logs, wiring
from crm_core import queues
from crm_core.settings import settings


def main(name: str) -> None:
    """Work until stopped. Jobs are short and run in this process: forking costs six times as much,
    and a worker on several queues could lose the job of one that was killed.
    """
    logs.configure()
    with wiring.plug_in(settings()):
        worker = SimpleWorker(
            [queues.get(name)], connection=queues.blocking_redis(), serializer=JSONSerializer
        )
        worker.work(logging_level="WARNING")


if __name__ == "__main__":
    main(sys.argv[1])
