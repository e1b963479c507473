import pytest
from hypothesis import given
from hypothesis import strategies as st

from crm_core.validation.detecting import is_bank_card, is_identity_card, refuse_numbers
from crm_core.validation.errors import BadEntry

# Made up; the checksums are right.
IDENTITY = "11010519491231002X"  # the example of GB 11643-1999
CARDS = ["6222020200112230", "4111111111111111", "5555555555554444", "378282246310005"]


def test_the_example_of_the_standard_is_an_identity_card() -> None:
    assert is_identity_card(IDENTITY)


@pytest.mark.parametrize(
    "number",
    [
        "110105194912310021",  # another check digit
        "11010519491331002X",  # a thirteenth month
        "99010519491231002X",  # no such province
        "1101051949123100",
    ],
)
def test_what_only_looks_like_an_identity_card_is_none(number: str) -> None:
    assert not is_identity_card(number)


@given(st.sampled_from(range(17)), st.sampled_from("0123456789"))
def test_one_digit_changed_breaks_the_identity_card(place: int, digit: str) -> None:
    changed = IDENTITY[:place] + digit + IDENTITY[place + 1 :]
    assert is_identity_card(changed) == (changed == IDENTITY)


@pytest.mark.parametrize("number", CARDS[1:])
def test_the_networks_test_cards_are_bank_cards(number: str) -> None:
    assert is_bank_card(number)


@given(st.text("0123456789", min_size=15, max_size=15))
def test_a_unionpay_card_with_its_check_digit_is_one(account: str) -> None:
    digits = "62" + account
    right = [check for check in "0123456789" if is_bank_card(digits + check)]
    assert len(right) == 1


@pytest.mark.parametrize(
    "text",
    [
        f"身份证{IDENTITY}",
        f"她的证件号是 {IDENTITY.lower()}，请保密",
        "110105 19491231 002X",
        "110105-19491231-002X",
        "１１０１０５１９４９１２３１００２Ｘ",
        f"电话 13812345678 证件 {IDENTITY}",
    ],
)
def test_an_identity_card_is_found_however_it_is_written(text: str) -> None:
    with pytest.raises(BadEntry) as caught:
        refuse_numbers("note", text)
    assert caught.value.why == "identity_card"
    assert "身份证" in caught.value.sentence
    assert IDENTITY[:6] not in caught.value.sentence


@pytest.mark.parametrize(
    "text",
    [
        "卡号4111 1111 1111 1111",
        "5555-5555-5555-4444 是她的卡",
        "13812345678 4111111111111111",
        "4111\u00a01111\u00a01111\u00a01111",
    ],
)
def test_a_bank_card_is_found_however_it_is_written(text: str) -> None:
    with pytest.raises(BadEntry) as caught:
        refuse_numbers("note", text)
    assert caught.value.why == "bank_card"


@pytest.mark.parametrize(
    "text",
    [
        "手机 13812345678，备用 138-1234-5679",
        "订单 DD20260301001 和 20260301120000123",
        "周末来，喜欢宽松的 165/88A",
        "快递单 SF1234567890123",
        "2026-11-22 14:30 到店",
        "",
    ],
)
def test_other_numbers_may_stand_in_a_text(text: str) -> None:
    assert refuse_numbers("note", text) == text
