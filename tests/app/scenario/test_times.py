"""Moments are said as people say them, and counted from the scenario's clock."""

from datetime import UTC, datetime

import pytest

from app.scenario.times import Span, parse_clock, parse_span, parse_when
from crm_core.clock import local

CLOCK = datetime(2026, 3, 12, 6, 0, tzinfo=UTC)  # 14:00 in the shop


@pytest.mark.parametrize(
    ("said", "moment"),
    [
        ("now", "2026-03-12 14:00"),
        ("-3d", "2026-03-09 14:00"),
        ("+2h", "2026-03-12 16:00"),
        ("-1d12h", "2026-03-11 02:00"),
        ("-90m", "2026-03-12 12:30"),
        ("-3d 09:30", "2026-03-09 09:30"),
        ("3天前", "2026-03-09 14:00"),
        ("两个月前", "2026-01-12 14:00"),
        ("半小时前", "2026-03-12 13:30"),
        ("一周后", "2026-03-19 14:00"),
        ("1年前 10:00", "2025-03-12 10:00"),
        ("昨天", "2026-03-11 14:00"),
        ("后天 9:05", "2026-03-14 09:05"),
        ("2026-03-01", "2026-03-01 12:00"),
        ("2026-03-01 20:15", "2026-03-01 20:15"),
        ("2026-03-01T20:15:00+00:00", "2026-03-02 04:15"),
    ],
)
def test_a_moment_is_understood(said: str, moment: str) -> None:
    assert f"{local(parse_when(said).at(CLOCK)):%Y-%m-%d %H:%M}" == moment


def test_a_moment_is_on_the_day_it_has_in_the_shop() -> None:
    assert str(parse_when("2026-03-01T20:15:00+00:00").on(CLOCK)) == "2026-03-02"


@pytest.mark.parametrize(
    "said", ["", "soon", "3", "-3", "-3x", "天前", "2026-02-30", "昨天 25:00", 3]
)
def test_what_is_no_moment_is_refused(said: object) -> None:
    with pytest.raises(ValueError, match="no moment"):
        parse_when(said)


@pytest.mark.parametrize(
    ("said", "span"),
    [("20h", Span(72000)), ("1d12h", Span(129600)), ("3 天", Span(259200)), ("2mo", Span(0, 2))],
)
def test_a_length_of_time_is_understood(said: str, span: Span) -> None:
    assert parse_span(said) == span


@pytest.mark.parametrize("said", ["20", "h", "20h later", "20 parsecs", 20, None])
def test_what_is_no_length_of_time_is_refused(said: object) -> None:
    with pytest.raises(ValueError, match=r"no length of time|no unit"):
        parse_span(said)


def test_a_clock_without_a_zone_is_the_shops() -> None:
    assert parse_clock("2026-03-12 14:00") == CLOCK


@pytest.mark.parametrize("said", ["yesterday", "-3d", 20260312])
def test_a_clock_is_absolute(said: object) -> None:
    with pytest.raises(ValueError, match="ISO time"):
        parse_clock(said)
