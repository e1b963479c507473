"""What runs when nobody asks: the table that cron enqueues and scenarios run."""

from collections.abc import Callable
from dataclasses import dataclass

from crm_core import queues
from crm_core.campaigns import jobs as campaigns
from crm_core.coupons import jobs as coupons
from crm_core.follow_ups import jobs as follow_ups
from crm_core.handover import jobs as handover
from crm_core.idempotency import service as idempotency
from crm_core.outbox import jobs as outbox
from crm_core.points import jobs as points
from crm_core.polls import jobs as polls
from crm_core.quality import jobs as quality
from crm_core.ratings import jobs as ratings
from crm_core.segments import jobs as segments
from crm_core.tiers import jobs as tiers
from crm_core.webhooks import jobs as webhooks


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
    Task(coupons.release_overdue, 60),
    Task(coupons.write_off_expired, 3600),
    Task(tiers.give_birthday_gifts, 21600),
    Task(tiers.give_quarterly_gifts, 21600),
    Task(tiers.reassess_all, 86400, queues.BULK),
    Task(quality.measure, 86400, queues.BULK),
    Task(webhooks.sweep, 10),
    Task(idempotency.forget_old, 3600),
    Task(segments.look_at_all, 3600, queues.BULK),
)
