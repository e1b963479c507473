"""What names a day or some days, longest names first."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date

from nlu.entities.times import dated, relative
from nlu.entities.times.calendar import FEASTS, Period

Match = re.Match[str]
Meaning = Callable[[Match, date], "Period | None"]
Rule = tuple[re.Pattern[str], Meaning]


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


def _sound(meaning: Meaning, match: Match, today: date) -> Period | None:
    try:
        return meaning(match, today)
    except (ValueError, OverflowError):  # 2月30号, 999年前
        return None


def _rule(pattern: str, meaning: Meaning) -> Rule:
    return re.compile(pattern), meaning


_N = r"(?:\d{1,3}|[一二两三四五六七八九十半]{1,3})"
_UNITS = r"(天|日|个?星期|个?礼拜|周|个月|年)"
_YEAR_BEFORE = r"(?:([前去今本当明后])年|(\d{4}|\d{2})年)?(?:的(?=.月|..月|年))?"
_FEAST_NAMES = "|".join(sorted(FEASTS, key=len, reverse=True))
_RULES: tuple[Rule, ...] = (
    _rule(r"(大前|前|昨|今|明|大后|后|听|琴|当)(?:天|日|儿个?)", relative.relative_day),
    _rule(r"(今|昨|明)(?=早|晚)", relative.relative_day),
    _rule("yesterday|today|tomorrow|tonight", relative.english_day),
    _rule(rf"({_N})(?:个)?{_UNITS}(之?前|以前|之?后|以后)", relative.offset),
    _rule(
        rf"(最近|近|过去|这|前|上|头|未来|接下来|往后)(?:的)?({_N}|几){_UNITS}(?!前)",
        relative.lately,
    ),
    _rule(
        r"(上上|上|这|本|下下|下)个?(?:周|星期|礼拜)([一二三四五六日天末](?!共|起|直|定|样))(?:两天)?",
        relative.weekday,
    ),
    _rule(r"()(?<![一每个])(?:周|星期|礼拜)([一二三四五六日天末])(?:两天)?", relative.weekday),
    _rule(
        rf"({_N})[号日](?=[之以]?[前后]|[上下]午|[早晚]|那天|到(?!底)|来|去|买)", dated.day_of_month
    ),
    _rule(r"(上上|上|这|本|下下|下)个?(?:周|星期|礼拜)()", relative.weekday),
    _rule(
        r"(上上|上|这|本|当|下下|下)个?月(初|中旬|上旬|下旬|中|底|末)?(?:(\d{1,2})[号日])?",
        dated.relative_month,
    ),
    _rule(r"()(?<![个\d一二三四五六七八九十])月(初|中旬|上旬|下旬|底|末)()", dated.relative_month),
    _rule(r"(\d{4})\s?[年/.-]\s?(\d{1,2})\s?[月/.-]\s?(\d{1,2})[日号]?", dated.full_date),
    _rule(
        rf"{_YEAR_BEFORE}(\d{{1,2}}|[一二三四五六七八九十]{{1,2}})月(?!卡)"
        r"(?:(\d{1,2}|[一二三四五六七八九十]{1,3})[号日]?|(份|初|中旬|上旬|下旬|中|底|末))?",
        dated.month_and_day,
    ),
    _rule(
        rf"{_YEAR_BEFORE}(年底|年末|底|年初|初|年中|上半年|下半年|[春夏秋冬][天季]|这个?时候)?",
        dated.year,
    ),
    _rule(r"(上|这|本|下)个?季度?()", dated.quarter_of_year),
    _rule(r"()(?:第|q)?([一二三四1-4])季度", dated.quarter_of_year),
    _rule(rf"(?:([前去今明])年)?的?({_FEAST_NAMES})(?:假期|期间|长假)?", dated.feast),
    _rule(
        r"(?:农历|阴历|旧历)([正冬腊一二三四五六七八九十]{1,2})月(初?[一二三四五六七八九十]{1,3})",
        dated.lunar_day,
    ),
    _rule(r"(?:正月初?|大年初|初)([一二三四五六七八九十]{1,3})", dated.new_years_day),
)
