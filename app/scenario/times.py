"""Moments and spans as scenarios say them: `2026-03-01 14:00`, `-3d`, 3天前, 昨天 15:00, `20h`."""

import re
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Annotated

from pydantic import BeforeValidator, PlainValidator

from crm_core.clock import local
from crm_core.points.terms import months_later
from crm_core.settings import settings

_NOON = time(12)  # of a day that is said without a time
_SECONDS = {
    "s": 1, "m": 60, "h": 3600, "d": 86400, "w": 7 * 86400,
    "秒": 1, "分钟": 60, "小时": 3600, "天": 86400, "周": 7 * 86400, "星期": 7 * 86400,
}  # fmt: skip
_MONTHS = {"mo": 1, "y": 12, "个月": 1, "年": 12}
_DIGITS = {c: n for n, c in enumerate("零一二三四五六七八九十")} | {"两": 2, "半": 0.5}
_DAYS = {"大前天": -3, "前天": -2, "昨天": -1, "今天": 0, "明天": 1, "后天": 2, "大后天": 3}

_PART = re.compile(
    r"(\d+(?:\.\d+)?|[零一二三四五六七八九十两半])\s*([a-z]+|个月|[^\d\s]+?)(?=\d|$)"
)
_TIMED = re.compile(r"(?P<day>.+?)\s+(?P<time>\d{1,2}:\d{2})")
_FORMS = "say an ISO date or time, -3d, +2h, 3天前, 昨天 15:00 or now"


@dataclass(frozen=True)
class Span:
    """A length of time; months are of the calendar."""

    seconds: float = 0
    months: int = 0

    def __neg__(self) -> "Span":
        return Span(-self.seconds, -self.months)

    def after(self, moment: datetime) -> datetime:
        return months_later(local(moment), self.months) + timedelta(seconds=self.seconds)


@dataclass(frozen=True)
class When:
    """A moment, absolute or counted from the scenario's clock."""

    given: date | datetime | None = None  # none: the clock
    span: Span = Span()
    clock_time: time | None = None

    def at(self, clock: datetime) -> datetime:
        """The moment, where the scenario's clock stands at `clock`."""
        if isinstance(self.given, datetime):
            return self.given
        if self.given is not None:
            start = datetime.combine(self.given, _NOON, settings().zone)
        else:
            start = local(self.span.after(clock))
        if self.clock_time is None:
            return start
        return datetime.combine(start.date(), self.clock_time, settings().zone)

    def on(self, clock: datetime) -> date:
        """The day in the shop's time zone."""
        return local(self.at(clock)).date()


def parse_when(said: object) -> When:
    """A moment from its text.

    Raises:
        ValueError: it is none.
    """
    if isinstance(said, When):
        return said
    text = str(said).strip()
    if (absolute := _absolute(text)) is not None:
        return absolute
    timed = _TIMED.fullmatch(text)
    try:
        clock_time = time.fromisoformat(timed["time"].zfill(5)) if timed else None
        return When(span=_relative(timed["day"] if timed else text), clock_time=clock_time)
    except ValueError:
        raise ValueError(f"「{text}」 is no moment: {_FORMS}") from None


def parse_span(said: object) -> Span:
    """A length of time from its text: `20h`, `1d12h`, 3天.

    Raises:
        ValueError: it is none.
    """
    parts = _PART.findall(said.strip()) if isinstance(said, str) else []
    if not parts or "".join(n + u for n, u in parts) != re.sub(r"\s", "", str(said)):
        raise ValueError(f"「{said}」 is no length of time: say 20h, 3d, 1d12h, 90m or 3天")
    seconds, months = 0.0, 0.0
    for number, unit in parts:
        count = _DIGITS[number] if number in _DIGITS else float(number)
        if unit not in _SECONDS and unit not in _MONTHS:
            raise ValueError(f"「{unit}」 is no unit of time: s, m, h, d, w, mo or y")
        seconds += count * _SECONDS.get(unit, 0)
        months += count * _MONTHS.get(unit, 0)
    return Span(seconds, round(months))


def parse_clock(said: object) -> datetime:
    """The clock of a scenario: an ISO time, in the shop's time zone unless it names one.

    Raises:
        ValueError: it is none.
    """
    absolute = _absolute(said.strip()) if isinstance(said, str) else None
    if absolute is None:
        raise ValueError("say an ISO time such as 2026-03-12 14:00")
    return absolute.at(datetime.now(settings().zone))


Moment = Annotated[When, PlainValidator(parse_when)]
Clock = Annotated[datetime, BeforeValidator(parse_clock)]


def _forward(said: object) -> Span:
    span = parse_span(said)
    if span.months:
        raise ValueError("the clock moves on by s, m, h, d or w")
    return span


Forward = Annotated[Span, PlainValidator(_forward)]


def _absolute(text: str) -> When | None:
    try:
        if re.fullmatch(r"\d{4}-\d{2}-\d{2}", text):
            return When(date.fromisoformat(text))
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return When(moment if moment.tzinfo else moment.replace(tzinfo=settings().zone))


def _relative(text: str) -> Span:
    if text in {"now", "现在"}:
        return Span()
    if text in _DAYS:
        return Span(_DAYS[text] * 86400)
    if text.startswith(("+", "-")):
        span = parse_span(text[1:])
        return -span if text.startswith("-") else span
    if text.endswith(("前", "后")):
        span = parse_span(text[:-1])
        return -span if text.endswith("前") else span
    raise ValueError(text)
