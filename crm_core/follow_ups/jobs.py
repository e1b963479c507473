"""What cron does with follow-ups."""

from collections.abc import Sequence
from datetime import time
from itertools import groupby

from crm_core.authz import system
from crm_core.clock import local, now, today
from crm_core.customers import service as customers
from crm_core.customers.models import Customer
from crm_core.db import reading, unit_of_work
from crm_core.follow_ups import service
from crm_core.follow_ups.models import FollowUp
from crm_core.outbox import service as outbox
from crm_core.staff import service as staff

# In the morning; a fixed minute off the full hour, when WeCom's senders crowd (doc 90454).
_FROM, _UNTIL = time(9, 5), time(21)
_MOST_LINES = 8  # WeCom cuts a text after 2048 bytes (about 680 Chinese characters)

Due = tuple[FollowUp, Customer]


def remind_due() -> None:
    """Tell everybody who works what is due today or overdue, in the morning; once a day each.

    May run every few minutes: what is scheduled for today later on is told then.
    """
    if not _FROM <= local(now()).time() < _UNTIL:
        return
    with reading() as session:
        due = service.pending(session, system("reminder"), until=today())
        working = {who.id: who for who in staff.working(session)}
    by_staff = groupby(sorted(due, key=_staff_id), key=_staff_id)
    for staff_id, theirs in by_staff:
        if staff_id not in working:
            continue
        to = outbox.Recipient("wecom", working[staff_id].wecom_userid, staff_id=staff_id)
        content = outbox.Content("text", {"text": _words(list(theirs))})
        with unit_of_work() as session:
            key = f"follow_ups:{staff_id}:{today()}"
            outbox.queue(session, to, content, key=key, purpose="service")


def _staff_id(due: Due) -> int:
    row, customer = due
    return customer.assistant_id or row.staff_id  # a customer who was given to somebody else


def _words(due: Sequence[Due]) -> str:
    overdue = sum(row.due_on < today() for row, _ in due)
    late = f"，其中 {overdue} 位已过期" if overdue else ""
    lines = [
        f"{number}. {customers.shown(customer)}：{row.what}"
        for number, (row, customer) in enumerate(due[:_MOST_LINES], 1)
    ]
    more = [f"……还有 {len(due) - _MOST_LINES} 位"] if len(due) > _MOST_LINES else []
    head = f"早上好，今天有 {len(due)} 位顾客要回访{late}："
    return "\n".join([head, *lines, *more, "发「今日回访」查看详情，回访完告诉我结果就行。"])
