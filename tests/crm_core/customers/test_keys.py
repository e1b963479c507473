"""What an encrypted customer is found by."""

import pytest
from sqlmodel import Session, select

from crm_core.authz import system
from crm_core.customers import identities, index, keys, phones
from crm_core.customers import service as customers
from crm_core.customers.models import Customer, IdentityKind, SearchKey, SearchKind
from tests.factories import a_customer

SHOP = system("test")


def test_two_numbers_one_digit_apart_share_a_key() -> None:
    right, wrong, other = "+8613812345678", "+8613812345978", "+8613812345987"
    assert set(keys.slips(right)) & set(keys.slips(wrong))
    assert not set(keys.slips(right)) & set(keys.slips(other))


def test_neighbouring_digits_that_changed_places_are_thought_of() -> None:
    assert "+8613812346578" in set(keys.swaps("+8613812345678"))
    assert all(len(swapped) == 14 for swapped in keys.swaps("+8613812345678"))


@pytest.mark.parametrize(
    ("name", "birthday"),
    [("王晓梅", "1992-05-04"), ("晓梅王", "1992-05-04"), ("王晓梅", "1992-04-05")],
)
def test_name_and_birthday_are_one_key_however_mixed_up(name: str, birthday: str) -> None:
    assert keys.name_birthday(name, birthday) == keys.name_birthday("王晓梅", "1992-05-04")


def test_another_year_is_another_key() -> None:
    assert keys.name_birthday("王晓梅", "1993-05-04") != keys.name_birthday("王晓梅", "1992-05-04")


@pytest.mark.parametrize(
    "said",
    [
        "上海市徐汇区天钥桥路100号3幢502室",
        "徐汇区天钥桥路100号3栋502",
        "天钥桥路 100 号 3-502",
        "天钥桥路１００号３座５０２室",
        "上海市天钥桥路100号3号楼502",
    ],
)
def test_an_address_is_the_same_however_it_is_written(said: str) -> None:
    assert keys.plain_address(said) == "天钥桥路100-3-502"


@pytest.mark.parametrize("said", ["上海市徐汇区", "", "家里"])
def test_an_address_without_a_number_tells_nothing(said: str) -> None:
    assert keys.plain_address(said) is None


def test_a_small_district_in_a_road_s_name_is_no_district() -> None:
    assert keys.plain_address("阳光小区8号楼3单元201") == "阳光小区8-3-201"


def test_only_digests_are_kept(session: Session) -> None:
    customer = a_customer(session, "王晓梅", phone="+8613812345678")
    customers.describe(
        session, customer, birthday="1992-05-04", address="上海市徐汇区天钥桥路100号"
    )
    kept = session.exec(select(SearchKey).where(SearchKey.customer_id == customer.id)).all()
    assert {row.kind for row in kept} == set(SearchKind)
    assert all(len(row.digest) == 32 and row.digest.isalnum() for row in kept)
    assert {(row.kind, row.digest) for row in kept} == {
        (kind, index.digest(kind, value)) for kind, value in keys.of(customer)
    }


def test_what_is_no_longer_said_finds_nobody(session: Session) -> None:
    customer = a_customer(session, "王晓梅", phone="+8613812345678")
    customers.describe(session, customer, phone="+8613900001234")
    assert index.matching(session, [(SearchKind.PHONE_TAIL, "5678")]) == set()
    assert index.matching(session, [(SearchKind.PHONE, "+8613900001234")]) == {customer.id}
    customers.forget_phone(session, customer)
    assert index.matching(session, [(SearchKind.PHONE_TAIL, "1234")]) == set()


def test_a_second_number_finds_the_customer_too(session: Session) -> None:
    customer = a_customer(session, "王晓梅", phone="+8613812345678")
    customers.identify(session, customer, IdentityKind.PHONE, "+8613900001234", source="till")
    tails = {phones.tail("+8613900001234"), "5678"}
    for tail in tails:
        assert index.matching(session, [(SearchKind.PHONE_TAIL, tail)]) == {customer.id}


@pytest.mark.parametrize("typed", ["+8613812345678", "+8613812345698", "+8613812346578"])
def test_a_number_with_a_slip_finds_the_customer(session: Session, typed: str) -> None:
    customer = a_customer(session, "王晓梅", phone="+8613812345678")
    a_customer(session, "李雷", phone="+8613900001234")
    assert customers.find(session, SHOP, phone=typed) == [customer]
    assert customers.find(session, SHOP, phone=typed, name="王女士") == [customer]
    assert customers.find(session, SHOP, phone=typed, name="李女士") == []


def test_a_number_that_somebody_has_is_no_slip(session: Session) -> None:
    customer = a_customer(session, "王晓梅", phone="+8613812345678")
    a_customer(session, "李雷", phone="+8613812345679")
    assert customers.find(session, SHOP, phone="+8613812345678") == [customer]
    assert customers.find(session, SHOP, phone="+8613999999999") == []


def test_an_identity_that_is_checked_says_so_and_since_when(session: Session) -> None:
    customer = Customer()
    session.add(customer)
    session.flush()
    customers.identify(session, customer, IdentityKind.DEVICE, "d1", source="app")
    row = identities.find(session, IdentityKind.DEVICE, "d1")
    assert row is not None
    assert (row.verified, row.verified_at, row.source) == (False, None, "app")
    customers.identify(session, customer, IdentityKind.DEVICE, "d1", source="app", verified=True)
    assert row.verified
    assert row.verified_at is not None
