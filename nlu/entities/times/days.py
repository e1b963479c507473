"""What names a day or some days: 昨天, 上周六, 三月底, 近三个月, 国庆, 农历八月十五."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, timedelta

from nlu.entities.numerals import number, whole
from nlu.entities.times.calendar import (
    DAY,
    FEASTS,
    Period,
    lunar,
    month,
    nearest,
    quarter,
    shift_months,
    week,
)

Match = re.Match[str]
Rule = tuple[re.Pattern[str], Callable[[Match, date], Period | None]]

_N = r"(?:\d{1,3}|[一二两三四五六七八九十半]{1,3})"
_DAYS = {"大前": -3, "前": -2, "昨": -1, "今": 0, "明": 1, "后": 2, "大后": 3, "琴": -1, "听": 1,
         "当": 0, "本": 0}  # fmt: skip
_ENGLISH = {"yesterday": -1, "today": 0, "tomorrow": 1, "tonight": 0}
_TURNS = {"上上": -2, "上": -1, "前": -1, "这": 0, "本": 0, "当": 0, "": 0, "下": 1, "下下": 2}
_YEARS = {"前": -2, "去": -1, "今": 0, "本": 0, "当": 0, "明": 1, "后": 2}
_WEEKDAYS = {char: index for index, char in enumerate("一二三四五六日")} | {"天": 6, "末": 5}
_SEASONS = {"春": 3, "夏": 6, "秋": 9, "冬": 12}
_PARTS_OF_MONTH = {"初": (1, 10), "中": (11, 20), "上旬": (1, 10), "中旬": (11, 20),
                   "下旬": (21, 31), "底": (25, 31), "末": (25, 31), "": (1, 31),
                   "份": (1, 31)}  # fmt: skip
_LAST_MONTH = 12
_TWO_DIGITS = 100


def read_day(text: str, start: int, today: date) -> tuple[int, Period] | None:
    """The longest name of a day or days that begins at `start`: where it ends and what it means."""
    best: tuple[int, Period] | None = None
    for pattern, meaning in _RULES:
        match = pattern.match(text, start)
        if match and (best is None or match.end() > best[0]):
            period = _sound(meaning, match, today)
            if period:
                best = match.end(), period
    return best


def _sound(
    meaning: Callable[[Match, date], Period | None], match: Match, today: date
) -> Period | None:
    try:
        return meaning(match, today)
    except (ValueError, OverflowError):  # 2月30号, 999年前
        return None


def _relative_day(match: Match, today: date) -> Period:
    return Period.of(today + _DAYS[match.group(1)] * DAY)


def _english_day(match: Match, today: date) -> Period:
    return Period.of(today + _ENGLISH[match.group()] * DAY)


def _offset(match: Match, today: date) -> Period | None:
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
    months = count * (_LAST_MONTH if unit == "年" else 1)
    return Period.of(shift_months(today, sign * int(months)) + sign * int(months % 1 * 30) * DAY)


def _lately(match: Match, today: date) -> Period | None:
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
        return shift_months(today, sign * (6 if half else count * _LAST_MONTH))
    return today + sign * 15 * DAY if half else shift_months(today, sign * count)


def _weekday(match: Match, today: date) -> Period:
    days = week(today, _TURNS[match.group(1) or ""])
    if not match.group(2):
        return days
    first = days.first + _WEEKDAYS[match.group(2)] * DAY
    return Period(first, days.last) if match.group(2) == "末" else Period.of(first)


def _relative_month(match: Match, today: date) -> Period | None:
    whole_month = month(today.year, today.month + _TURNS[match.group(1) or ""])
    if match.group(3):
        return Period.of(whole_month.first.replace(day=whole(match.group(3)) or 0))
    return _part(whole_month, match.group(2) or "")


def _part(whole_month: Period, name: str) -> Period:
    first, last = _PARTS_OF_MONTH[name]
    end = min(last, whole_month.last.day)
    return Period(whole_month.first.replace(day=first), whole_month.first.replace(day=end))


def _day_of_month(match: Match, today: date) -> Period | None:
    """8号之前: the nearest eighth."""
    day = whole(match.group(1))
    if not day:
        return None
    days = [month(today.year, today.month + offset) for offset in (-1, 0, 1)]
    near = [one.first.replace(day=day) for one in days if day <= one.last.day]
    return Period.of(min(near, key=lambda one: abs((one - today).days)))


def _full_date(match: Match, _: date) -> Period:
    return Period.of(date(*(int(part) for part in match.groups())))


def _month_and_day(match: Match, today: date) -> Period | None:
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


def _year(match: Match, today: date) -> Period | None:
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


def _quarter(match: Match, today: date) -> Period | None:
    if match.group(2):
        named = whole(match.group(2))
        return quarter(today.year, named) if named else None
    return quarter(today.year, (today.month + 2) // 3 + _TURNS[match.group(1)])


def _feast(match: Match, today: date) -> Period:
    make = FEASTS[match.group(2)]
    if match.group(1):
        return make(today.year + _YEARS[match.group(1)])
    return nearest(today, make)


def _lunar_day(match: Match, today: date) -> Period | None:
    number_of_month = {"正": 1, "腊": 12, "冬": 11}.get(match.group(1)) or whole(match.group(1))
    day = whole(match.group(2).lstrip("初"))
    if not number_of_month or not day:
        return None
    return nearest(today, lambda year: Period.of(lunar(year, number_of_month, day)))


def _new_years_day(match: Match, today: date) -> Period | None:
    """初二, 大年初五: of the first lunar month."""
    day = whole(match.group(1))
    return nearest(today, lambda year: Period.of(lunar(year, 1, day))) if day else None


def _rule(pattern: str, meaning: Callable[[Match, date], Period | None]) -> Rule:
    return re.compile(pattern), meaning


_UNITS = r"(天|日|个?星期|个?礼拜|周|个月|年)"
_YEAR_BEFORE = r"(?:([前去今本当明后])年|(\d{4}|\d{2})年)?(?:的(?=.月|..月|年))?"
_FEAST_NAMES = "|".join(sorted(FEASTS, key=len, reverse=True))
_RULES: tuple[Rule, ...] = (
    _rule(r"(大前|前|昨|今|明|大后|后|听|琴|当)(?:天|日|儿个?)", _relative_day),
    _rule(r"(今|昨|明)(?=早|晚)", _relative_day),
    _rule("|".join(_ENGLISH), _english_day),
    _rule(rf"({_N})(?:个)?{_UNITS}(之?前|以前|之?后|以后)", _offset),
    _rule(rf"(最近|近|过去|这|前|上|头|未来|接下来|往后)(?:的)?({_N}|几){_UNITS}(?!前)", _lately),
    _rule(
        r"(上上|上|这|本|下下|下)个?(?:周|星期|礼拜)([一二三四五六日天末](?!共|起|直|定|样))(?:两天)?",
        _weekday,
    ),
    _rule(r"()(?<![一每个])(?:周|星期|礼拜)([一二三四五六日天末])(?:两天)?", _weekday),
    _rule(rf"({_N})[号日](?=[之以]?[前后]|[上下]午|[早晚]|那天|到(?!底)|来|去|买)", _day_of_month),
    _rule(r"(上上|上|这|本|下下|下)个?(?:周|星期|礼拜)()", _weekday),
    _rule(
        r"(上上|上|这|本|当|下下|下)个?月(初|中旬|上旬|下旬|中|底|末)?(?:(\d{1,2})[号日])?",
        _relative_month,
    ),
    _rule(r"()(?<![个\d一二三四五六七八九十])月(初|中旬|上旬|下旬|底|末)()", _relative_month),
    _rule(r"(\d{4})\s?[年/.-]\s?(\d{1,2})\s?[月/.-]\s?(\d{1,2})[日号]?", _full_date),
    _rule(
        rf"{_YEAR_BEFORE}(\d{{1,2}}|[一二三四五六七八九十]{{1,2}})月(?!卡)"
        r"(?:(\d{1,2}|[一二三四五六七八九十]{1,3})[号日]?|(份|初|中旬|上旬|下旬|中|底|末))?",
        _month_and_day,
    ),
    _rule(
        rf"{_YEAR_BEFORE}(年底|年末|底|年初|初|年中|上半年|下半年|[春夏秋冬][天季]|这个?时候)?",
        _year,
    ),
    _rule(r"(上|这|本|下)个?季度?()", _quarter),
    _rule(r"()(?:第|q)?([一二三四1-4])季度", _quarter),
    _rule(rf"(?:([前去今明])年)?的?({_FEAST_NAMES})(?:假期|期间|长假)?", _feast),
    _rule(
        r"(?:农历|阴历|旧历)([正冬腊一二三四五六七八九十]{1,2})月(初?[一二三四五六七八九十]{1,3})",
        _lunar_day,
    ),
    _rule(r"(?:正月初?|大年初|初)([一二三四五六七八九十]{1,3})", _new_years_day),
)
