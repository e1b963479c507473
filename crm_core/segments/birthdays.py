"""Whose birthday comes in so many days: month and day are found by their keyed index alone."""

from datetime import date, timedelta

from sqlalchemy import Subquery, select
from sqlmodel import col

from crm_core.clock import today
from crm_core.customers import index
from crm_core.customers.models import SearchKey, SearchKind
from crm_core.segments import comparing
from crm_core.segments.rule import Number

_YEAR_DAYS = 366


def within(number: Number) -> Subquery:
    """customer_id of those whose next birthday is as many days away; today's is 0."""
    digests = [index.digest(SearchKind.BIRTH_DAY, day) for day in sorted(_days(number))]
    found = col(SearchKey.kind) == SearchKind.BIRTH_DAY, col(SearchKey.digest).in_(digests)
    whose = col(SearchKey.customer_id)
    return select(whose).where(*found).group_by(whose).subquery()


def _days(number: Number) -> set[str]:
    """Months and days, as "05-04", of which the next one fits."""
    next_time: dict[str, int] = {}
    for away in range(_YEAR_DAYS):
        day = today() + timedelta(days=away)
        next_time.setdefault(f"{day:%m-%d}", away)
        if _is_last_of_short_february(day):
            next_time.setdefault("02-29", away)
    return {day for day, away in next_time.items() if comparing.holds(away, number)}


def _is_last_of_short_february(day: date) -> bool:
    """Who was born on the 29th has a birthday every year."""
    return (day.month, day.day) == (2, 28) and (day + timedelta(days=1)).day == 1
