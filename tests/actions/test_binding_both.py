"""A phone and a card in one sentence: both are bound, by one consent and one code."""

import pytest
from sqlmodel import Session, select

from actions.binding import AskBindConsent
from actions.undo import UndoChange
from crm_core.consents.models import Consent
from crm_core.customers import claims
from crm_core.customers import service as customers
from crm_core.customers.models import Customer
from crm_core.merging import binding
from crm_core.outbox.models import Outbound
from crm_core.points import service as points
from tests.actions.talk import Said, a_message, say
from tests.actions.test_binding import (
    AS_CARD,
    AS_PHONE,
    CARD,
    FORM,
    PHONE,
    a_code,
    a_member,
    a_visitor,
    agree,
    fill,
    finish,
)
from tests.factories import a_customer

BOTH = [*AS_PHONE, *AS_CARD]


def named(session: Session, customer: Customer, asked: str | None = None) -> Said:
    """Naming both."""
    return fill(
        session, customer, asked, "手机13812345678，卡号VIP0012345", "bind_member",
        entities={"phone": "13812345678", "card_no": "VIP0012345"},
    )  # fmt: skip


@pytest.mark.parametrize("asked", [None, "bind_to"])
def test_both_are_taken_and_shown(session: Session, asked: str | None) -> None:
    visitor = a_visitor(session)
    assert named(session, visitor, asked).slots["bind_to"] == BOTH
    shown = say(AskBindConsent, a_message(session, visitor), slots={"bind_to": BOTH}, form=FORM)
    assert shown.only["claim"] == "138****5678、VIP****345"


def test_free_ones_are_bound_together_and_undone_together(session: Session) -> None:
    visitor = a_visitor(session)
    assert agree(session, visitor, BOTH).slots["bind_code"] == "not needed"
    done = finish(session, visitor, BOTH)
    assert (done.only["response"], done.only["claim"]) == ("utter_bound", "138****5678、VIP****345")
    session.expire_all()
    assert binding.bound(session, visitor) == [PHONE, CARD]
    assert len(session.exec(select(Consent)).all()) == 1
    say(UndoChange, a_message(session, visitor), slots=done.slots)
    session.expire_all()
    assert binding.bound(session, visitor) == []


def test_one_code_proves_both_of_one_record(session: Session) -> None:
    member, visitor = a_member(session), a_visitor(session)
    assert named(session, visitor).slots["bind_to"] == BOTH
    agree(session, visitor, BOTH)
    fill(session, visitor, "bind_code", a_code(session), "x", to=BOTH)
    assert finish(session, visitor, BOTH).names == ["utter_bound_joined"]
    assert len(session.exec(select(Outbound)).all()) == 1
    session.expire_all()
    assert points.balance(session, member.id) == 320
    assert binding.bound(session, member) == [PHONE, CARD]


def test_a_card_on_a_record_and_a_new_phone(session: Session) -> None:
    member, visitor = a_member(session, phone="+8613900001234"), a_visitor(session)
    to = named(session, visitor).slots["bind_to"]
    assert to == [*AS_CARD, *AS_PHONE]
    agree(session, visitor, to)
    assert session.exec(select(Outbound)).one().address == "+8613900001234"
    fill(session, visitor, "bind_code", a_code(session), "x", to=to)
    done = finish(session, visitor, to)
    assert done.names == ["utter_bound_joined"]
    session.expire_all()
    assert binding.bound(session, member) == [PHONE, CARD]
    said = say(UndoChange, a_message(session, visitor), slots=done.slots)
    assert said.names == ["utter_bound_for_good"]
    session.expire_all()
    assert binding.bound(session, member) == [PHONE, CARD]


def test_what_stands_on_two_records_takes_two_codes(session: Session) -> None:
    a_member(session, phone="+8613900001234")
    a_customer(session, "赵敏", phone=PHONE.value)
    said = named(session, a_visitor(session))
    assert (said.names, said.slots["bind_to"]) == (["utter_bind_rest_later"], AS_PHONE)
    assert said.only["claim"] == "VIP****345"


def test_a_card_for_the_counter_does_not_hold_up_the_phone(session: Session) -> None:
    a_member(session, phone=None)
    said = named(session, a_visitor(session))
    assert (said.names, said.slots["bind_to"]) == (["utter_bind_at_counter"], AS_PHONE)


def test_what_is_theirs_already_is_left_out(session: Session) -> None:
    member = a_member(session)
    assert named(session, member).only["bound"] == "138****5678、VIP****345"
    other = a_visitor(session)
    customers.identify(session, other, claims.card("V777777").kind, "V777777", source="import")
    session.commit()
    said = fill(
        session, other, None, "", "bind_member",
        entities={"phone": "13700001111", "card_no": "V777777"},
    )  # fmt: skip
    assert [one["kind"] for one in said.slots["bind_to"]] == ["phone"]
