"""People whom a source names: found again, joined by the rules, or listed for review."""

import pytest
from sqlmodel import Session, select

from crm_core.authz import Forbidden, Role, system
from crm_core.customers import service as customers
from crm_core.customers.models import Customer, IdentityKind
from crm_core.merging import pairs
from crm_core.merging.models import DuplicatePair, Merge
from crm_core.merging.recognising import Person, Recognised, Seen, make_one, take_in
from crm_core.merging.service import unmerge
from tests.factories import a_staff, acting

SHOP = system("test")
PHONE = "+8613812345678"
CARD = Seen(IdentityKind.CARD, "VIP001")
UNION = Seen(IdentityKind.UNIONID, "u1")
TYPED = Seen(IdentityKind.PHONE, PHONE)
PROVEN = Seen(IdentityKind.PHONE, PHONE, verified=True)


def account(number: int) -> Seen:
    return Seen(IdentityKind.SHOP_ACCOUNT, str(number), account="till")


def taken(session: Session, *seen: Seen, ref: str = "r", **said: str) -> Recognised:
    person = Person(known_by=seen, **said)
    found = take_in(session, SHOP, person, source="till", ref=ref)
    session.commit()
    return found


@pytest.mark.parametrize("shared", [CARD, UNION, PROVEN])
def test_what_the_rules_let_join_makes_two_records_one(session: Session, shared: Seen) -> None:
    first = taken(session, account(1), name="王晓梅")
    second = taken(session, account(2), shared, name="晓梅")
    third = taken(session, account(1), shared, ref="r3")
    assert third.customer == first.customer
    assert len(third.merged) == 1
    assert customers.heir(session, second.customer.id) == first.customer.id
    assert session.exec(select(Merge)).one().rule in {"card", "unionid", "verified_phone"}


def test_the_same_person_again_changes_nothing(session: Session) -> None:
    first = taken(session, account(1), CARD, name="王晓梅", phone=PHONE)
    again = taken(session, account(1), CARD, name="王晓梅", phone=PHONE)
    assert again.customer == first.customer
    assert (again.is_new, again.merged, again.suggested) == (False, [], [])


def test_a_phone_nobody_checked_is_put_before_somebody(session: Session) -> None:
    first = taken(session, account(1), TYPED, name="王晓梅")
    second = taken(session, account(2), TYPED, name="王建国")
    assert second.is_new
    assert second.customer.phone == PHONE
    assert customers.by_identity(session, IdentityKind.PHONE, PHONE) == first.customer
    assert [pair.evidence for pair in second.suggested] == [["phone_same", "name_other"]]


def test_a_phone_and_the_whole_name_are_the_same_record_told_again(session: Session) -> None:
    first = taken(session, TYPED, name="王晓梅")
    assert taken(session, TYPED, name="王晓梅").customer == first.customer


def test_name_and_birthday_never_join(session: Session) -> None:
    first = taken(session, account(1), name="王晓梅", birthday="1992-05-04")
    second = taken(session, account(2), name="王晓梅", birthday="1992-05-04")
    assert second.customer != first.customer
    assert [pair.evidence for pair in second.suggested] == [["name_same", "birthday_same"]]


def test_who_proves_a_phone_takes_it_from_who_only_said_so(session: Session) -> None:
    child = taken(session, account(1), TYPED, name="王小宝")
    parent = taken(session, account(2), PROVEN, name="王建国")
    assert parent.customer != child.customer
    assert customers.by_identity(session, IdentityKind.PHONE, PHONE) == parent.customer
    assert child.customer.joined_into is None


def test_who_only_says_so_does_not_take_a_proven_phone(session: Session) -> None:
    parent = taken(session, account(1), PROVEN, name="王建国")
    taken(session, account(2), TYPED, name="王小宝")
    assert customers.by_identity(session, IdentityKind.PHONE, PHONE) == parent.customer


def test_two_that_were_parted_are_not_joined_again(session: Session) -> None:
    taken(session, account(1), name="王晓梅")
    taken(session, account(2), CARD)
    joined = taken(session, account(1), CARD, ref="r3")
    done = session.exec(select(Merge)).one()
    unmerge(session, SHOP, done.id, ref="u")
    assert pairs.are_two(session, done.source_id, done.target_id)
    again = taken(session, account(1), CARD, ref="r4")
    assert again.customer == joined.customer
    assert again.merged == []


def test_only_gaps_are_filled(session: Session) -> None:
    taken(session, CARD, name="王晓梅")
    found = taken(session, CARD, name="王小梅", birthday="1992-05-04", city="上海")
    said = found.customer
    assert (said.name, said.birthday, said.city) == ("王晓梅", "1992-05-04", "上海")


def test_someone_without_any_identity_cannot_be_known_again(session: Session) -> None:
    with pytest.raises(ValueError, match="Person"):
        taken(session, name="王晓梅")


def test_only_who_may_change_customers_takes_people_in(session: Session) -> None:
    marketer = acting(a_staff(session, role=Role.MARKETER))
    with pytest.raises(Forbidden):
        take_in(session, marketer, Person((CARD,)), source="till", ref="r")
    assert session.exec(select(Customer)).all() == []
    assert session.exec(select(DuplicatePair)).all() == []


def test_identities_of_several_records_are_made_one_only_if_each_lets_join(
    session: Session,
) -> None:
    first = taken(session, CARD, name="王晓梅")
    taken(session, UNION)
    taken(session, TYPED, name="王建国")
    assert make_one(session, SHOP, [CARD, TYPED], ref="m1") is None
    assert make_one(session, SHOP, [Seen(IdentityKind.CARD, "nobody")], ref="m2") is None
    assert make_one(session, SHOP, [CARD, UNION], ref="m3") == first.customer
    assert make_one(session, SHOP, [CARD, UNION], ref="m3") == first.customer


def test_identities_of_two_that_were_parted_are_not_made_one(session: Session) -> None:
    taken(session, CARD)
    taken(session, UNION)
    make_one(session, SHOP, [CARD, UNION], ref="m")
    unmerge(session, SHOP, session.exec(select(Merge)).one().id, ref="u")
    assert make_one(session, SHOP, [CARD, UNION], ref="again") is None
