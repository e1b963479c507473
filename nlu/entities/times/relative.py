"""Days counted from today: 昨天, 三天前, 近三个月, 上周六."""

from __future__ import annotations

import re
from datetime import date, timedelta

from nlu.entities.numerals import number, whole
from nlu.entities.times.calendar import DAY, Period, shift_months, week

Match = re.Match[str]

_DAYS = {"大前": -3, "前": -2, "昨": -1, "今": 0, "明": 1, "后": 2, "大后": 3, "琴": -1, "听": 1,
         "当": 0, "本": 0}  # fmt: skip
_ENGLISH = {"yesterday": -1, "today": 0, "tomorrow": 1, "tonight": 0}
# Weeks, months or quarters from this one.
TURNS = {"上上": -2, "上": -1, "前": -1, "这": 0, "本": 0, "当": 0, "": 0, "下": 1, "下下": 2}
_WEEKDAYS = {char: index for index, char in enumerate("一二三四五六日")} | {"天": 6, "末": 5}
_MONTHS_OF_YEAR = 12


def relative_day(match: Match, today: date) -> Period:
    return Period.of(today + _DAYS[match.group(1)] * DAY)


def english_day(match: Match, today: date) -> Period:
    return Period.of(today + _ENGLISH[match.group()] * DAY)


def offset(match: Match, today: date) -> Period | None:
    """三天前, 两周后, 半年前: one day, counted from today."""
    sign = -1 if "前" in match.group(3) else 1
    count = 0.5 if match.group(1) == "半" else number(match.group(1))
    if count is None:
        return None
    unit = match.group(2)
    if unit in "天日":
        return Period.of(today + sign * int(count) * DAY)
    if unit[-1] in "周期拜":
        return Period.of(today + sign * timedelta(weeks=count))
    months = count * (_MONTHS_OF_YEAR if unit == "年" else 1)
    return Period.of(shift_months(today, sign * int(months)) + sign * int(months % 1 * 30) * DAY)


def lately(match: Match, today: date) -> Period | None:
    """近三个月, 过去七天, 未来两周: up to today, or on from it."""
    count = whole(match.group(2).replace("几", "三")) if match.group(2) != "半" else 0
    if count is None:
        return None
    sign = 1 if match.group(1) in {"未来", "接下来", "后", "往后"} else -1
    edge = _edge(today, sign, count, match.group(3), half=match.group(2) == "半")
    if match.group(1) in {"前", "上", "头"}:
        return Period(edge, today - DAY)
    return Period(edge, today) if sign < 0 else Period(today, edge)


def _edge(today: date, sign: int, count: int, unit: str, *, half: bool) -> date:
    if unit in "天日":
        return today + sign * count * DAY
    if unit[-1] in "周期拜":
        return today + sign * timedelta(weeks=count)
    if unit == "年":
        return shift_months(today, sign * (6 if half else count * _MONTHS_OF_YEAR))
    return today + sign * 15 * DAY if half else shift_months(today, sign * count)


def weekday(match: Match, today: date) -> Period:
    days = week(today, TURNS[match.group(1) or ""])
    if not match.group(2):
        return days
    first = days.first + _WEEKDAYS[match.group(2)] * DAY
    return Period(first, days.last) if match.group(2) == "末" else Period.of(first)
