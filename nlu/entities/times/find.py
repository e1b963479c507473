"""A time in a text: a day, a part of it, an hour, or the range between two of these."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, time, timedelta

from nlu.entities.found import Found, Reading
from nlu.entities.numerals import number, whole
from nlu.entities.times.calendar import Period
from nlu.entities.times.days import read_day

_N = r"\d{1,2}|[零一二两三四五六七八九十]{1,3}"
_PART = re.compile(
    r"的?(凌晨|清晨|大?早上|大清早|早晨|早|上午|中午|下午|午后|傍晚|晚上|今?夜里|晚间|晚)(?![好安])"
)
_CLOCK = re.compile(
    rf"(?:的)?(?<![\d.])({_N})(?:点钟?|:(?=\d\d))(?:(半)|([一三])刻|(\d{{1,2}}|[零一二三四五六七八九十]{{2,3}})分?)?"
    r"(?:多|左右|整)?(?![\d\-]|建议|要求|意见|原因|理由|[前后]面)"
)
_AGO = re.compile(
    r"(\d{1,3}|[一二两三四五六七八九十半]{1,3})个?(分钟|小时|钟头)(之?前|以前|之?后|以后)"
)
_TO = re.compile(r"\s?(?:到|至|~|—|-)\s?")
_NOW = re.compile(r"现在|如今|目前|今$|为止")
_NOON = 12
_MIDNIGHT = 24
_HOUR_MINUTES = 60
_LAST_LUNCH_HOUR = 3
# Hours from and to, as people use the words in a shop.
_PARTS = {"凌": (0, 6), "清": (5, 9), "大": (6, 9), "早": (6, 9), "上": (6, 12), "中": (11, 13),
          "下": (12, 18), "午": (12, 18), "傍": (17, 19), "晚": (18, 24), "夜": (18, 24),
          "今": (18, 24)}  # fmt: skip
# An hour named alone is one of the shop's: up to seven o'clock is in the afternoon.
_LAST_AFTERNOON_HOUR = 7


@dataclass(frozen=True)
class _Moment:
    """What one time expression says; ends where in the text."""

    end: int
    days: Period
    hours: tuple[int, int] | None = None
    clock: time | None = None

    def first(self) -> str:
        if self.clock:
            return f"{self.days.first.isoformat()}T{self.clock:%H:%M}"
        if self.hours:
            return f"{self.days.first.isoformat()}T{self.hours[0]:02}:00"
        return self.days.first.isoformat()

    def last(self) -> str:
        if self.clock:
            return self.first()
        if self.hours and self.hours[1] < _MIDNIGHT:
            return f"{self.days.last.isoformat()}T{self.hours[1]:02}:00"
        return f"{self.days.last.isoformat()}T23:59" if self.hours else self.days.last.isoformat()

    def value(self) -> str:
        first, last = self.first(), self.last()
        return first if first == last else f"{first}/{last}"


def find_times(reading: Reading) -> Iterator[Found]:
    """Times as ISO 8601: a date, a minute, or an interval `from/to`, both ends included."""
    text, start = reading.text.text, 0
    while start < len(text):
        moment = _read(text, start, reading.now)
        if moment is None:
            start += 1
            continue
        end, value = _to_the_end(text, moment, reading.now)
        yield Found("time", start, end, value)
        start = end


def _to_the_end(text: str, begun: _Moment, now: datetime) -> tuple[int, str]:
    joint = _TO.match(text, begun.end)
    if not joint:
        return begun.end, begun.value()
    until_now = _NOW.match(text, joint.end())
    if until_now:
        return until_now.end(), f"{begun.first()}/{now.date().isoformat()}"
    ended = _read(text, joint.end(), now, begun)
    if ended is None or ended.last() < begun.first():
        return begun.end, begun.value()
    return ended.end, f"{begun.first()}/{ended.last()}"


def _read(text: str, start: int, now: datetime, begun: _Moment | None = None) -> _Moment | None:
    """One time expression; what the begun range has said already need not be said again."""
    ago = _AGO.match(text, start)
    if ago:
        return _minutes_away(ago, now)
    day = read_day(text, start, now.date())
    days = day[1] if day else begun.days if begun else Period.of(now.date())
    end = day[0] if day else start
    part = _PART.match(text, end)
    end = part.end() if part else end
    hours = _PARTS[part.group(1)[0]] if part else begun.hours if begun else None
    clock = _CLOCK.match(text, end)
    if clock and (part or day or begun or _is_clear(clock)):
        said = _time_of_day(clock, hours)
        if said:
            return _Moment(clock.end(), days, hours, said)
    if part and not day and len(part.group(1)) < len("早上"):
        return None  # 早 and 晚 alone are adverbs
    return _Moment(end, days, hours if part else None) if day or part else None


def _is_clear(clock: re.Match[str]) -> bool:
    """一点 alone is 「a bit」; 两点半 or 15:30 is not."""
    return clock.group().lstrip("的")[0] != "一" or any(clock.groups()[1:])


def _time_of_day(clock: re.Match[str], hours: tuple[int, int] | None) -> time | None:
    hour = whole(clock.group(1))
    minute = 30 if clock.group(2) else 15 * (whole(clock.group(3) or "零") or 0)
    minute = (whole(clock.group(4).lstrip("零") or "零") or 0) if clock.group(4) else minute
    if hour is None or hour > _MIDNIGHT or minute >= _HOUR_MINUTES:
        return None
    afternoon = hours[1] > _NOON + 1 if hours else 0 < hour <= _LAST_AFTERNOON_HOUR
    past_noon = hours == _PARTS["中"] and hour < _LAST_LUNCH_HOUR
    if hour < _NOON and (afternoon or past_noon):
        hour += _NOON
    return time(hour % _MIDNIGHT, minute)


def _minutes_away(ago: re.Match[str], now: datetime) -> _Moment | None:
    count = 0.5 if ago.group(1) == "半" else number(ago.group(1))
    if count is None:
        return None
    minutes = count * (1 if ago.group(2) == "分钟" else _HOUR_MINUTES)
    then = now + timedelta(minutes=-minutes if "前" in ago.group(3) else minutes)
    return _Moment(ago.end(), Period.of(then.date()), clock=then.time())
