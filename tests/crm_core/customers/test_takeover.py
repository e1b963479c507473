"""Records of another system and numbers that somebody only typed in chat."""

import pytest
from sqlmodel import Session, select

from crm_core.authz import Forbidden, system
from crm_core.customers import claims, held, takeover, verification
from crm_core.customers import service as customers
from crm_core.customers.claims import Claim
from crm_core.customers.models import Customer, IdentityKind
from crm_core.customers.takeover import Record
from crm_core.merging import binding
from crm_core.merging.binding import Way
from crm_core.outbox.models import Outbound
from crm_core.points import service as points
from crm_core.points.models import Cause
from crm_core.saving import Change
from crm_core.settings import settings
from tests.factories import a_customer, themselves

OPERATOR = system("import")
PHONE = claims.phone("13812345678")
CARD = claims.card("VIP0012345")
AS_RECORD = {PHONE: Record(phone=PHONE.value), CARD: Record(card_no=CARD.value)}


@pytest.fixture
def typist(session: Session) -> Customer:
    return a_customer(session, None, openid="o-typist")


def bind(session: Session, customer: Customer, claim: Claim, ref: str = "b1") -> Customer:
    return binding.bind(session, themselves(customer), customer.id, claim, ref=ref)


def imported(session: Session, record: Record) -> Customer:
    """The record of a file, which has 320 points."""
    member, _ = takeover.put(session, OPERATOR, record)
    points.earn(session, OPERATOR, member.id, points.Lot(320, Cause.OPENING), ref="opening")
    session.commit()
    return member


@pytest.mark.parametrize("claim", [PHONE, CARD])
def test_a_typed_number_attracts_nobodys_points(
    session: Session, typist: Customer, claim: Claim
) -> None:
    bind(session, typist, claim)
    member = imported(session, AS_RECORD[claim])
    assert member.id != typist.id
    assert points.balance(session, typist.id) == 0
    assert binding.bound(session, typist) == []
    assert binding.bound(session, member) == [claim]
    assert customers.by_identity(session, claim.kind, claim.value) == member


@pytest.mark.parametrize("claim", [PHONE, CARD])
def test_a_typed_number_finds_nobody_for_an_order(
    session: Session, typist: Customer, claim: Claim
) -> None:
    bind(session, typist, claim)
    assert takeover.find(session, AS_RECORD[claim]) is None


def test_the_honest_prove_it_and_have_both_records(session: Session, typist: Customer) -> None:
    points.earn(session, OPERATOR, typist.id, points.Lot(50, Cause.VOTE), ref="vote")
    bind(session, typist, PHONE)
    member = imported(session, AS_RECORD[PHONE])
    actor = themselves(typist)
    assert binding.way(session, actor, typist.id, PHONE) is Way.CODE
    binding.send_code(session, actor, typist.id, PHONE, ref="s1")
    code = session.exec(select(Outbound)).one().payload["code"]
    verification.check(session, actor, typist.id, code, ref="c1")
    assert bind(session, typist, PHONE, "b2") == member
    assert points.balance(session, member.id) == 370


def test_what_a_code_has_proven_is_theirs(session: Session, typist: Customer) -> None:
    other = a_customer(session, None, openid="o-other")
    bind(session, other, PHONE)
    actor = themselves(typist)
    binding.send_code(session, actor, typist.id, PHONE, ref="s1")
    code = session.exec(select(Outbound)).one().payload["code"]
    verification.check(session, actor, typist.id, code, ref="c1")
    bind(session, typist, PHONE, "b2")
    assert imported(session, AS_RECORD[PHONE]) == typist


def test_a_row_that_names_their_openid_vouches_for_them(session: Session, typist: Customer) -> None:
    appid = settings().oa_appid
    customers.identify(session, typist, IdentityKind.OA_OPENID, "o-own", account=appid, source="oa")
    bind(session, typist, PHONE)
    assert imported(session, Record(phone=PHONE.value, openid="o-own")) == typist
    assert takeover.find(session, AS_RECORD[PHONE]) == typist


def test_a_repeat_of_the_file_changes_nothing(session: Session, typist: Customer) -> None:
    bind(session, typist, PHONE)
    member = imported(session, AS_RECORD[PHONE])
    assert takeover.put(session, OPERATOR, AS_RECORD[PHONE]) == (member, Change.SAME)


def test_customers_take_nothing_from_each_other(session: Session, typist: Customer) -> None:
    bind(session, typist, PHONE)
    with pytest.raises(Forbidden):
        held.take_from_typist(session, themselves(a_customer(session)), PHONE)
