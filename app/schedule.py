"""What runs when nobody asks: the table that cron enqueues and scenarios run."""

from collections.abc import Callable
from dataclasses import dataclass

from crm_core import queues
from crm_core.campaigns import jobs as campaigns
from crm_core.follow_ups import jobs as follow_ups
from crm_core.handover import jobs as handover
from crm_core.outbox import jobs as outbox
from crm_core.points import jobs as points
from crm_core.polls import jobs as polls
from crm_core.ratings import jobs as ratings


@dataclass(frozen=True)
class Task:
    job: Callable[[], None]
    every_seconds: int
    queue: str = queues.DEFAULT


TASKS = (
    Task(outbox.sweep, 10, queues.URGENT),
    Task(ratings.send_due_surveys, 60),
    Task(handover.give_back_untaken, 60),
    Task(campaigns.resume, 60),
    Task(polls.close_overdue, 60),
    Task(follow_ups.remind_due, 300),
    Task(points.write_off_expired, 3600),
)
