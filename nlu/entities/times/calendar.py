"""Days, weeks, months and feasts around a given day."""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta

from lunar_python import Lunar

DAY = timedelta(days=1)
_MONTHS = 12


@dataclass(frozen=True)
class Period:
    """Days from first to last, both included."""

    first: date
    last: date

    @classmethod
    def of(cls, day: date) -> Period:
        return cls(day, day)

    def __str__(self) -> str:
        """An ISO 8601 date, or an interval of two."""
        if self.first == self.last:
            return self.first.isoformat()
        return f"{self.first.isoformat()}/{self.last.isoformat()}"


def week(today: date, offset: int) -> Period:
    """Monday to Sunday, `offset` weeks from this one."""
    monday = today - today.weekday() * DAY + timedelta(weeks=offset)
    return Period(monday, monday + 6 * DAY)


def month(year: int, number: int) -> Period:
    """A whole month; numbers outside 1 to 12 reach into other years."""
    year, index = year + (number - 1) // _MONTHS, (number - 1) % _MONTHS
    first = date(year, index + 1, 1)
    return Period(first, first.replace(day=monthrange(first.year, first.month)[1]))


def quarter(year: int, number: int) -> Period:
    """Three months; numbers outside 1 to 4 reach into other years."""
    return Period(month(year, 3 * number - 2).first, month(year, 3 * number).last)


def shift_months(day: date, months: int) -> date:
    """The same day of another month, or that month's last where it has no such day."""
    target = month(day.year, day.month + months)
    return min(target.last, target.first.replace(day=1) + (day.day - 1) * DAY)


def nearest(today: date, make: Callable[[int], Period]) -> Period:
    """Of last year's, this year's and next year's period, the one closest to today."""
    candidates = [make(today.year + offset) for offset in (-1, 0, 1)]
    return min(candidates, key=lambda period: _distance(today, period))


def _distance(today: date, period: Period) -> int:
    return max((period.first - today).days, (today - period.last).days, 0)


def lunar(year: int, number: int, day: int) -> date:
    """A day of the Chinese lunar calendar.

    Raises:
        ValueError: That month has no such day.
    """
    try:
        solar = Lunar.fromYmd(year, number, day).getSolar()
    except Exception as error:  # the library raises nothing narrower
        raise ValueError(f"no day {day} in lunar month {number} of {year}") from error
    return date(solar.getYear(), solar.getMonth(), solar.getDay())


def _sunday(year: int, number: int, weeks: int) -> date:
    first = date(year, number, 1)
    return first + (6 - first.weekday()) * DAY + timedelta(weeks=weeks)


def _fixed(number: int, day: int, days: int = 1) -> Callable[[int], Period]:
    return lambda year: Period(date(year, number, day), date(year, number, day) + (days - 1) * DAY)


def _moving(number: int, day: int, before: int = 0, after: int = 0) -> Callable[[int], Period]:
    def make(year: int) -> Period:
        feast = lunar(year, number, day)
        return Period(feast - before * DAY, feast + after * DAY)

    return make


FEASTS: dict[str, Callable[[int], Period]] = {
    "元旦": _fixed(1, 1), "新年": _fixed(1, 1), "情人节": _fixed(2, 14), "三八": _fixed(3, 8),
    "妇女节": _fixed(3, 8), "女神节": _fixed(3, 8), "女王节": _fixed(3, 8), "五一": _fixed(5, 1, 5),
    "劳动节": _fixed(5, 1, 5), "520": _fixed(5, 20), "六一": _fixed(6, 1), "儿童节": _fixed(6, 1),
    "618": _fixed(6, 18), "国庆": _fixed(10, 1, 7), "国庆节": _fixed(10, 1, 7),
    "十一": _fixed(10, 1, 7), "双十一": _fixed(11, 11), "双11": _fixed(11, 11),
    "双十二": _fixed(12, 12), "双12": _fixed(12, 12), "平安夜": _fixed(12, 24),
    "圣诞": _fixed(12, 25), "圣诞节": _fixed(12, 25), "跨年": _fixed(12, 31),
    "清明": _fixed(4, 4, 3), "清明节": _fixed(4, 4, 3),
    "暑假": lambda year: Period(date(year, 7, 1), date(year, 8, 31)),
    "寒假": lambda year: Period(date(year, 1, 20), date(year, 2, 20)),
    "母亲节": lambda year: Period.of(_sunday(year, 5, 1)),
    "父亲节": lambda year: Period.of(_sunday(year, 6, 2)),
    "春节": _moving(1, 1, before=1, after=6), "过年": _moving(1, 1, before=1, after=6),
    "除夕": _moving(1, 1, before=1, after=-1), "大年三十": _moving(1, 1, before=1, after=-1),
    "年三十": _moving(1, 1, before=1, after=-1), "元宵": _moving(1, 15), "元宵节": _moving(1, 15),
    "端午": _moving(5, 5), "端午节": _moving(5, 5), "七夕": _moving(7, 7), "七夕节": _moving(7, 7),
    "中秋": _moving(8, 15), "中秋节": _moving(8, 15),
    "重阳": _moving(9, 9), "重阳节": _moving(9, 9),
}  # fmt: skip
