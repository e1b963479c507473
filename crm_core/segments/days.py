"""Days of the shop, from which rules count back."""

from datetime import date, datetime, time, timedelta

from crm_core.clock import today
from crm_core.settings import settings

_LONGEST = 36_500  # days; nothing is older than a hundred years


def begins(days_ago: int) -> datetime:
    """The moment the day that many days ago began in the shop's time zone."""
    return _midnight(today() - timedelta(days=min(days_ago, _LONGEST)))


def month_begins(months_ago: int) -> datetime:
    """The moment the month that many months ago began; 0 is this month."""
    months = today().year * 12 + today().month - 1 - months_ago
    return _midnight(date(months // 12, months % 12 + 1, 1))


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), settings().zone)
