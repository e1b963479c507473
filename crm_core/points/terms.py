"""From when and until when earned points can be spent, by the shop's rules."""

import calendar
from datetime import datetime, timedelta

from sqlmodel import Session

from crm_core.clock import local
from crm_core.rules import service as rules


def usable_from(session: Session, paid_at: datetime) -> datetime:
    """When the return window of a purchase has ended."""
    return paid_at + timedelta(days=rules.get(session, "points.hold_days"))


def expires_at(session: Session, earned_at: datetime) -> datetime:
    """When a lot earned at this moment expires: the same day and time, some months on."""
    return months_later(local(earned_at), rules.get(session, "points.valid_months"))


def months_later(moment: datetime, months: int) -> datetime:
    """The same day of a later month, or its last day where that month is shorter."""
    years, month = divmod(moment.month - 1 + months, 12)
    year = moment.year + years
    last = calendar.monthrange(year, month + 1)[1]
    return moment.replace(year=year, month=month + 1, day=min(moment.day, last))
