from datetime import UTC, date, datetime

import pytest

from crm_core import clock
from crm_core.validation import checking
from crm_core.validation.errors import BadEntry

TODAY = datetime(2026, 3, 12, 4, tzinfo=UTC)


@pytest.mark.parametrize(
    "said", ["1992-05-04", "1992/5/4", "1992.5.4", "1992年5月4日", "19920504", " 1992-5-4 "]
)
def test_a_birthday_is_read_however_it_is_written(said: str) -> None:
    assert checking.birthday(said) == "1992-05-04"


@pytest.mark.parametrize(
    ("said", "why"),
    [
        ("五月", "birthday_unreadable"),
        ("1992-02-30", "birthday_no_such_day"),
        ("2026-03-13", "birthday_ahead"),
        ("1899-01-01", "birthday_too_early"),
    ],
)
def test_a_birthday_that_cannot_be_is_refused_in_words(said: str, why: str) -> None:
    with clock.standing_at(TODAY), pytest.raises(BadEntry) as caught:
        checking.birthday(said)
    assert caught.value.why == why
    assert said in caught.value.sentence


@pytest.mark.parametrize(
    ("born", "years"), [("1992-03-12", 34), ("1992-03-13", 33), ("2026-03-12", 0)]
)
def test_the_age_turns_on_the_birthday(born: str, years: int) -> None:
    with clock.standing_at(TODAY):
        assert checking.age(born) == years


def test_a_number_has_to_be_one_and_within_its_bounds() -> None:
    rules = {"least": 1, "most": 10}
    assert checking.number("2.5", "guests", "桌数", rules) == 2.5
    for said, why in (("两", "number"), ("11", "number_out_of_range"), ("nan", "number")):
        with pytest.raises(BadEntry) as caught:
            checking.number(said, "guests", "桌数", rules)
        assert caught.value.why == why


def test_a_day_has_to_be_one_and_within_its_bounds() -> None:
    rules = {"least": "2026-01-01", "most": "2026-12-31"}
    assert checking.day("2026年5月20日", "wedding_on", "婚期", rules) == date(2026, 5, 20)
    for said, why in (("明年", "date"), ("2027-01-01", "date_out_of_range")):
        with pytest.raises(BadEntry) as caught:
            checking.day(said, "wedding_on", "婚期", rules)
        assert caught.value.why == why
        assert "婚期" in caught.value.sentence


def test_a_choice_is_one_of_its_options_whatever_its_capitals() -> None:
    assert checking.choice(" vip ", "kind", "类型", ["VIP", "普通"]) == "VIP"
    with pytest.raises(BadEntry) as caught:
        checking.choice("黑金", "kind", "类型", ["VIP", "普通"])
    assert caught.value.sentence == "类型请选其中之一：VIP、普通"


@pytest.mark.parametrize(("said", "kept"), [("是", "是"), ("Yes", "是"), ("没有", "否")])
def test_yes_and_no_are_kept_in_one_way(said: str, kept: str) -> None:
    assert checking.yes_no(said, "pet", "有宠物") == kept


def test_maybe_is_neither_yes_nor_no() -> None:
    with pytest.raises(BadEntry):
        checking.yes_no("也许", "pet", "有宠物")


def test_a_text_is_neither_empty_nor_too_long() -> None:
    for said, why in (("  ", "empty"), ("好" * 11, "too_long")):
        with pytest.raises(BadEntry) as caught:
            checking.text(said, "remark", "备注", 10)
        assert caught.value.why == why
