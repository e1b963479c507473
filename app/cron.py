"""The one scheduler: `python -m app.cron` enqueues each task when it is due."""

from rq.cron import CronScheduler

from app import logs
from app.schedule import TASKS
from crm_core import queues


def main() -> None:
    """Enqueue until stopped."""
    logs.configure()
    scheduler = CronScheduler(connection=queues.blocking_redis(), logging_level="WARNING")
    for task in TASKS:
        scheduler.register(task.job, queue_name=task.queue, interval=task.every_seconds)
    scheduler.start()


if __name__ == "__main__":
    main()
