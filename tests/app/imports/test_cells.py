from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.imports import cells
from app.imports.cells import BadCell
from app.imports.kinds import shown
from crm_core.authz import Role


@given(st.integers(0, 10**9))
def test_money_is_written_and_read_alike(fen: int) -> None:
    assert cells.fen(shown.yuan(fen)) == fen


@given(st.dates(min_value=date(1900, 1, 1)))
def test_days_are_written_and_read_alike(day: date) -> None:
    assert cells.day(shown.day(day)) == day


@pytest.mark.parametrize(
    ("cell", "fen"),
    [("1599", 159900), ("1,599.00", 159900), ("¥15.9", 1590), ("20元", 2000), ("0", 0)],
)
def test_money_as_people_write_it(cell: str, fen: int) -> None:
    assert cells.fen(cell) == fen


@pytest.mark.parametrize("cell", ["-1", "1.234", "abc", "NaN", "Infinity", "1e99", ""])
def test_money_that_is_none(cell: str) -> None:
    with pytest.raises(BadCell, match="金额"):
        cells.fen(cell)


@pytest.mark.parametrize("cell", ["2026-03-02", "2026/3/2", "2026年3月2日", "2026.03.02"])
def test_days_as_people_write_them(cell: str) -> None:
    assert cells.day(cell) == date(2026, 3, 2)


@pytest.mark.parametrize("cell", ["2026-02-30", "03/02/2026", "2026-03-02 10:00", "昨天"])
def test_days_that_are_none(cell: str) -> None:
    with pytest.raises(BadCell, match="日期"):
        cells.day(cell)


def test_a_moment_is_in_the_shops_time_zone() -> None:
    assert cells.moment("2026-03-02 14:30").isoformat() == "2026-03-02T14:30:00+08:00"
    assert cells.moment("2026-03-02").isoformat() == "2026-03-02T00:00:00+08:00"


def test_words_are_divided_and_different() -> None:
    assert cells.words(9)("通勤、法式|通勤, 国风") == ["通勤", "法式", "国风"]
    with pytest.raises(BadCell, match="最多 2 个字"):
        cells.words(2)("一二三")


@pytest.mark.parametrize(
    ("cell", "options"),
    [("风衣、大衣", ["风衣", "大衣"]), ("黑/白风衣|大衣", ["黑/白风衣", "大衣"])],
)
def test_options_may_hold_what_else_divides(cell: str, options: list[str]) -> None:
    assert cells.options(9)(cell) == options


def test_empty_places_are_kept_where_places_count() -> None:
    assert cells.listed(9)("|b") == ["", "b"]


@pytest.mark.parametrize(("cell", "yes"), [("是", True), ("NO", False), ("1", True)])
def test_yes_and_no(cell: str, yes: bool) -> None:
    assert cells.yes_or_no(cell) is yes
    with pytest.raises(BadCell, match="是"):
        cells.yes_or_no("也许")


def test_whole_numbers_have_bounds() -> None:
    assert cells.whole(1, 9999)("1,000") == 1000
    for bad in ("0", "1.5", "很多"):
        with pytest.raises(BadCell, match="1 到 9"):
            cells.whole(1, 9)(bad)


def test_a_phone_is_checked() -> None:
    assert cells.phone("138 1234 5678") == "+8613812345678"
    with pytest.raises(BadCell, match="手机号"):
        cells.phone("12345")


def test_one_of_has_chinese_names_and_values() -> None:
    parse = cells.one_of({"店长": Role.MANAGER})
    assert parse("店长") is parse("manager") is Role.MANAGER
    with pytest.raises(BadCell, match="店长"):
        parse("老板")
