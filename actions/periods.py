"""The value of a `time` entity as a span of moments, and spans in words."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from crm_core.clock import local, today
from crm_core.settings import settings

_DAY = timedelta(days=1)
_MINUTE = timedelta(minutes=1)
_LAST_MINUTE = time(23, 59)  # how an evening's end is written


@dataclass(frozen=True)
class Period:
    """From `since` up to, not including, `until`; in the shop's time zone."""

    since: datetime
    until: datetime

    @property
    def first(self) -> date:
        return self.since.date()

    @property
    def last(self) -> date:
        """The last day that belongs to it."""
        return (self.until - _MINUTE).date()

    @property
    def days(self) -> int:
        return (self.last - self.first).days + 1

    @property
    def is_whole_days(self) -> bool:
        return self.since.time() == self.until.time() == time()

    def before(self) -> "Period":
        """The same length right before it; of months, the months before, of hours, the day's."""
        if months := self._months():
            return Period(_earlier(self.since, months), self.since)
        shift = timedelta(days=self.days)
        return Period(self.since - shift, self.until - shift)

    def _months(self) -> int:
        """How many whole calendar months it is; 0 if it is none."""
        if not self.is_whole_days or not self.since.day == self.until.day == 1:
            return 0
        return (self.until.year - self.since.year) * 12 + self.until.month - self.since.month


def of_days(first: date, last: date) -> Period:
    """Whole days, both included."""
    zone = settings().zone
    return Period(
        datetime.combine(first, time(), zone), datetime.combine(last + _DAY, time(), zone)
    )


def read(value: str | None) -> Period | None:
    """An ISO date, moment or interval of two of them, as the entity has it; None if it is none.

    A moment alone means its day; dates at the end of an interval are included.
    """
    if not value:
        return None
    try:
        ends = [_End.of(part) for part in value.split("/")]
    except ValueError:
        return None
    first, last = ends[0], ends[-1]
    if len(ends) == 1:
        return of_days(first.day, first.day)
    since, until = first.begins, last.ends
    return Period(since, until) if since < until else None


def shown(period: Period) -> str:
    """今天, 昨天, 3月9日, 3月9日至15日, 3月11日 12:00–18:00."""
    if not period.is_whole_days:
        ends = "24:00" if period.until.time() == time() else f"{period.until:%H:%M}"
        return f"{day(period.first)} {period.since:%H:%M}–{ends}"
    if period.days > 1:
        same_month = period.first.replace(day=1) == period.last.replace(day=1)
        end = f"{period.last.day}日" if same_month else day(period.last)
        return f"{day(period.first)}至{end}"
    return {today(): "今天", today() - _DAY: "昨天"}.get(period.first) or day(period.first)


def day(when: date) -> str:
    """3月9日; with its year where it is another one."""
    year = "" if when.year == today().year else f"{when.year}年"
    return f"{year}{when.month}月{when.day}日"


def day_of(moment: datetime) -> str:
    """The day of a moment in the shop."""
    return day(local(moment).date())


def _earlier(first: datetime, months: int) -> datetime:
    """The first of a month so many months before."""
    years, month = divmod(first.year * 12 + first.month - 1 - months, 12)
    return first.replace(year=years, month=month + 1)


@dataclass(frozen=True)
class _End:
    """One end of an interval: a day, or a moment of it."""

    day: date
    at: time | None

    @classmethod
    def of(cls, said: str) -> "_End":
        moment = datetime.fromisoformat(said)
        return cls(moment.date(), moment.time() if "T" in said else None)

    @property
    def begins(self) -> datetime:
        return datetime.combine(self.day, self.at or time(), settings().zone)

    @property
    def ends(self) -> datetime:
        if self.at in {None, _LAST_MINUTE}:
            return datetime.combine(self.day + _DAY, time(), settings().zone)
        return self.begins
