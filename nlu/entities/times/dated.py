"""Days of the calendar: 三月底, 去年十月, 本季度, 国庆, 农历八月十五."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date

from nlu.entities.numerals import whole
from nlu.entities.times.calendar import (
    FEASTS,
    Period,
    lunar,
    month,
    nearest,
    quarter,
    shift_months,
)
from nlu.entities.times.relative import TURNS

Match = re.Match[str]

_YEARS = {"前": -2, "去": -1, "今": 0, "本": 0, "当": 0, "明": 1, "后": 2}
_SEASONS = {"春": 3, "夏": 6, "秋": 9, "冬": 12}
_PARTS_OF_MONTH = {"初": (1, 10), "中": (11, 20), "上旬": (1, 10), "中旬": (11, 20),
                   "下旬": (21, 31), "底": (25, 31), "末": (25, 31), "": (1, 31),
                   "份": (1, 31)}  # fmt: skip
_LAST_MONTH = 12
_TWO_DIGITS = 100


def relative_month(match: Match, today: date) -> Period | None:
    whole_month = month(today.year, today.month + TURNS[match.group(1) or ""])
    if match.group(3):
        return Period.of(whole_month.first.replace(day=whole(match.group(3)) or 0))
    return _part(whole_month, match.group(2) or "")


def _part(whole_month: Period, name: str) -> Period:
    first, last = _PARTS_OF_MONTH[name]
    end = min(last, whole_month.last.day)
    return Period(whole_month.first.replace(day=first), whole_month.first.replace(day=end))


def day_of_month(match: Match, today: date) -> Period | None:
    """8号之前: the nearest eighth."""
    day = whole(match.group(1))
    if not day:
        return None
    days = [month(today.year, today.month + offset) for offset in (-1, 0, 1)]
    near = [one.first.replace(day=day) for one in days if day <= one.last.day]
    return Period.of(min(near, key=lambda one: abs((one - today).days)))


def full_date(match: Match, _: date) -> Period:
    return Period.of(date(*(int(part) for part in match.groups())))


def month_and_day(match: Match, today: date) -> Period | None:
    """三月, 3月2号, 六月底, 去年十月, 2025年3月; without a year the nearest one."""
    number_of_month, day = whole(match.group(3)), whole(match.group(4) or "0")
    if not number_of_month or not 1 <= number_of_month <= _LAST_MONTH or day is None:
        return None

    def make(year: int) -> Period:
        whole_month = month(year, number_of_month)
        if day:
            return Period.of(whole_month.first.replace(day=day))
        return _part(whole_month, match.group(5) or "")

    return _in_year(match, today, make)


def _in_year(match: Match, today: date, make: Callable[[int], Period]) -> Period:
    if match.group(1):
        return make(today.year + _YEARS[match.group(1)])
    if match.group(2):
        return make(_full_year(match.group(2)))
    return nearest(today, make)


def _full_year(written: str) -> int:
    year = int(written)
    return year if year >= _TWO_DIGITS else 2000 + year


def year(match: Match, today: date) -> Period | None:
    """去年, 2025年, 年底, 今年上半年, 去年冬天, 明年这时候."""
    year = today.year + _YEARS[match.group(1)] if match.group(1) else today.year
    year = _full_year(match.group(2)) if match.group(2) else year
    part = match.group(3) or ""
    if not (match.group(1) or match.group(2) or part in _WHOLE_PARTS):
        return None
    if "时候" in part:
        return Period.of(shift_months(today, (year - today.year) * _LAST_MONTH))
    first, last = _months_of(part)
    return Period(month(year, first).first, month(year, last).last)


# Parts of a year that need no year before them.
_WHOLE_PARTS = {"年底", "年末", "年初", "年中", "上半年", "下半年"}


def _months_of(part: str) -> tuple[int, int]:
    if part[:1] in _SEASONS:
        return _SEASONS[part[0]], _SEASONS[part[0]] + 2
    named = {"年底": (12, 12), "年末": (12, 12), "底": (12, 12), "年初": (1, 1), "初": (1, 1),
             "年中": (6, 6), "上半年": (1, 6), "下半年": (7, 12)}  # fmt: skip
    return named.get(part, (1, 12))


def quarter_of_year(match: Match, today: date) -> Period | None:
    if match.group(2):
        named = whole(match.group(2))
        return quarter(today.year, named) if named else None
    return quarter(today.year, (today.month + 2) // 3 + TURNS[match.group(1)])


def feast(match: Match, today: date) -> Period:
    make = FEASTS[match.group(2)]
    if match.group(1):
        return make(today.year + _YEARS[match.group(1)])
    return nearest(today, make)


def lunar_day(match: Match, today: date) -> Period | None:
    number_of_month = {"正": 1, "腊": 12, "冬": 11}.get(match.group(1)) or whole(match.group(1))
    day = whole(match.group(2).lstrip("初"))
    if not number_of_month or not day:
        return None
    return nearest(today, lambda year: Period.of(lunar(year, number_of_month, day)))


def new_years_day(match: Match, today: date) -> Period | None:
    """初二, 大年初五: of the first lunar month."""
    day = whole(match.group(1))
    return nearest(today, lambda year: Period.of(lunar(year, 1, day))) if day else None
