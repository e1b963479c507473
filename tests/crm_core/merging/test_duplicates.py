"""The review list: who is put on it, who decides, and what a decision does."""

import pytest
from sqlmodel import Session, select

from crm_core.authz import Forbidden, Role, system
from crm_core.customers import service as customers
from crm_core.customers.models import Customer
from crm_core.merging import duplicates
from crm_core.merging.duplicates import AlreadyDecided, PairNotFound
from crm_core.merging.models import DuplicatePair, Merge, PairState
from crm_core.merging.service import unmerge
from tests.factories import a_customer, a_staff, a_store, acting

SHOP = system("test")


def somebody(session: Session, **said: str) -> Customer:
    customer = Customer()
    session.add(customer)
    session.flush()
    customers.describe(session, customer, **said)
    session.commit()
    return customer


def scanned(session: Session) -> list[DuplicatePair]:
    duplicates.scan(session, SHOP, 1, duplicates.last_id(session))
    session.commit()
    return list(session.exec(select(DuplicatePair)))


def two_alike(session: Session) -> tuple[Customer, Customer, DuplicatePair]:
    first = somebody(session, name="王晓梅", birthday="1992-05-04", phone="+8613812345678")
    second = somebody(session, name="王晓梅", birthday="1992-05-04")
    (pair,) = scanned(session)
    return first, second, pair


LIKELY: list[tuple[dict[str, str], dict[str, str]]] = [
    ({"phone": "+8613812345678", "name": "王晓梅"}, {"phone": "+8613812345978", "name": "王晓梅"}),
    ({"phone": "+8613612345678", "name": "李云"}, {"phone": "+8613612346578", "name": "李云"}),
    ({"birthday": "1991-05-04", "name": "张佳怡"}, {"birthday": "1991-04-05", "name": "佳怡张"}),
    ({"birthday": "1992-05-06", "name": "陈晓雪"}, {"birthday": "1992-05-06", "name": "陈小雪"}),
    (
        {"address": "上海市天山路9号3幢", "name": "赵敏"},
        {"address": "天山路9号3栋", "name": "赵敏"},
    ),
    ({"phone": "+8613712345678"}, {"phone": "+8613712345678", "name": "周洁"}),
]


@pytest.mark.every_database
def test_likely_ones_are_listed_once(session: Session) -> None:
    pairs = [(somebody(session, **one).id, somebody(session, **other).id) for one, other in LIKELY]
    somebody(session, name="李雷", phone="+8613900009999", birthday="1970-01-01")
    assert [(pair.first_id, pair.second_id) for pair in scanned(session)] == pairs
    assert duplicates.scan(session, SHOP, 1, duplicates.last_id(session)) == 0


def test_one_customer_s_are_found_at_once(session: Session) -> None:
    first = somebody(session, name="王晓梅", phone="+8613812345678")
    second = somebody(session, name="王晓梅", phone="+8613812346578")
    (pair,) = duplicates.look_for(session, SHOP, second.id)
    assert (pair.first_id, pair.second_id) == (first.id, second.id)


def test_what_very_many_share_tells_nothing(session: Session) -> None:
    for _ in range(52):
        somebody(session, phone="+8613800138000")
    assert scanned(session) == []


def test_the_list_shows_them_masked_with_the_evidence(session: Session) -> None:
    two_alike(session)
    (shown,) = duplicates.waiting(session, SHOP)
    assert (shown.first, shown.second) == ("王** 138****5678", "王**")
    assert shown.evidence == "姓名相同；生日相同"


def test_nothing_of_a_person_stands_in_the_list(session: Session) -> None:
    _, _, pair = two_alike(session)
    assert pair.evidence == ["name_same", "birthday_same"]


def test_accepted_they_are_one(session: Session) -> None:
    first, second, pair = two_alike(session)
    assert duplicates.accept(session, SHOP, pair.id) == first
    assert customers.heir(session, second.id) == first.id
    assert session.exec(select(Merge)).one().rule == "reviewed"
    assert duplicates.accept(session, SHOP, pair.id) == first
    assert duplicates.waiting(session, SHOP) == []
    with pytest.raises(AlreadyDecided):
        duplicates.reject(session, SHOP, pair.id)


def test_rejected_they_are_never_listed_again(session: Session) -> None:
    _, _, pair = two_alike(session)
    duplicates.reject(session, SHOP, pair.id)
    duplicates.reject(session, SHOP, pair.id)
    assert [each.state for each in scanned(session)] == [PairState.REJECTED]
    assert duplicates.waiting(session, SHOP) == []
    with pytest.raises(AlreadyDecided):
        duplicates.accept(session, SHOP, pair.id)


def test_who_is_another_than_a_part_of_somebody_is_another_than_the_whole(
    session: Session,
) -> None:
    first, second, pair = two_alike(session)
    duplicates.reject(session, SHOP, pair.id)
    third = somebody(session, name="王晓梅", birthday="1992-05-04")
    found = {(each.first_id, each.second_id): each for each in scanned(session)}
    duplicates.accept(session, SHOP, found[second.id, third.id].id)
    whole = customers.heir(session, second.id)
    assert duplicates.look_for(session, SHOP, whole) == []
    with pytest.raises(PairNotFound):
        duplicates.accept(session, SHOP, found[first.id, third.id].id)


def test_parted_they_are_not_listed_again(session: Session) -> None:
    _, _, pair = two_alike(session)
    duplicates.accept(session, SHOP, pair.id)
    unmerge(session, SHOP, session.exec(select(Merge)).one().id, ref="u")
    assert duplicates.waiting(session, SHOP) == []
    assert [each.state for each in scanned(session)] == [PairState.REJECTED]


def test_who_has_been_a_member_longer_stays(session: Session) -> None:
    _, second, pair = two_alike(session)
    second.member_since = second.created_at
    assert duplicates.accept(session, SHOP, pair.id) == second


def test_managers_decide_in_their_own_shop(session: Session) -> None:
    store = a_store(session)
    manager = acting(a_staff(session, role=Role.MANAGER, store=store))
    _, _, theirs = two_alike(session)
    ours = [a_customer(session, "李云", phone="+8613900001234") for _ in range(2)]
    for customer in ours:
        customer.store_id = store.id
    scanned(session)
    (shown,) = duplicates.waiting(session, manager)
    with pytest.raises(Forbidden):
        duplicates.accept(session, manager, theirs.id)
    assert duplicates.accept(session, manager, shown.id) == ours[0]


@pytest.mark.parametrize("role", [Role.ASSISTANT, Role.MARKETER])
def test_others_do_not(session: Session, role: Role) -> None:
    _, _, pair = two_alike(session)
    actor = acting(a_staff(session, role=role, store=a_store(session)))
    for ask in (duplicates.accept, duplicates.reject):
        with pytest.raises(Forbidden):
            ask(session, actor, pair.id)
    with pytest.raises(Forbidden):
        duplicates.waiting(session, actor)
    with pytest.raises(Forbidden):
        duplicates.scan(session, actor, 1, 9)


def test_there_is_no_such_pair(session: Session) -> None:
    with pytest.raises(PairNotFound):
        duplicates.accept(session, SHOP, 99)
