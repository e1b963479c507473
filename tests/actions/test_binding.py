from datetime import timedelta
from typing import Any

import pytest
from sqlmodel import Session, select

from actions.binding import AskBindConsent, Bind, BindForm, BindMember
from actions.points import QueryPoints
from actions.undo import UndoChange
from crm_core import clock
from crm_core.authz import system
from crm_core.consents import service as consents
from crm_core.consents.models import Consent, Purpose
from crm_core.customers import claims
from crm_core.customers import service as customers
from crm_core.customers.models import Customer
from crm_core.merging import binding
from crm_core.outbox.models import Outbound
from crm_core.points import service as points
from crm_core.points.models import Cause
from crm_core.rules import service as rules
from tests.actions.talk import Said, a_message, say
from tests.factories import a_customer, a_staff, themselves

FORM = "bind_form"
PHONE = claims.phone("13812345678")
CARD = claims.card("VIP0012345")
AS_PHONE = [{"kind": "phone", "value": PHONE.value}]
AS_CARD = [{"kind": "card", "value": CARD.value}]


def a_visitor(session: Session) -> Customer:
    return a_customer(session, None, openid="o-visitor")


def a_member(session: Session, *, phone: str | None = PHONE.value) -> Customer:
    """A record of the till: a card and 320 points."""
    member = a_customer(session, "王晓梅", phone=phone)
    customers.identify(session, member, CARD.kind, CARD.value, source="import")
    points.earn(session, system("till"), member.id, points.Lot(320, Cause.OPENING), ref="o")
    session.commit()
    return member


def fill(
    session: Session, customer: Customer, asked: str | None, text: str, intent: str, **more: Any
) -> Said:
    """What the form takes from a message after it asked for `asked`."""
    slots = {"requested_slot": asked, "bind_to": more.pop("to", None)}
    message = more.pop("message", None) or a_message(session, customer)
    return say(BindForm, message, text=text, intent=intent, slots=slots, form=FORM, **more)


def agree(session: Session, customer: Customer, to: list[dict[str, str]]) -> Said:
    return fill(session, customer, "bind_consent", "同意", "affirm", to=to)


def a_code(session: Session) -> str:
    session.expire_all()
    return str(session.exec(select(Outbound)).all()[-1].payload["code"])


def finish(session: Session, customer: Customer, to: list[dict[str, str]]) -> Said:
    return say(Bind, a_message(session, customer), text="同意", slots={"bind_to": to})


class TestOpening:
    def test_begins_the_form_anew(self, session: Session) -> None:
        said = say(BindMember, a_message(session, a_visitor(session)), text="绑定会员")
        assert said.then == FORM
        assert set(said.slots.values()) == {None}

    def test_who_has_bound_is_told_what(self, session: Session) -> None:
        member = a_member(session)
        said = say(BindMember, a_message(session, member), text="绑定会员")
        assert (said.names, said.then) == (["utter_bound_already"], None)
        assert said.only["bound"] == "138****5678、VIP****345"

    def test_who_has_bound_can_bind_another(self, session: Session) -> None:
        message = a_message(session, a_member(session))
        said = say(BindMember, message, entities={"phone": "13900001234"})
        assert said.then == FORM

    def test_another_form_goes_first(self, session: Session) -> None:
        message = a_message(session, a_visitor(session))
        said = say(BindMember, message, text="绑定", form="complaint_form")
        assert (said.names, said.then) == (["utter_finish_first"], "complaint_form")

    def test_staff_are_refused(self, session: Session) -> None:
        said = say(BindMember, a_message(session, a_staff(session)))
        assert (said.names, said.then) == (["utter_error_forbidden"], None)


class TestTheNumber:
    @pytest.mark.parametrize(
        ("entities", "kept"),
        [({"phone": "13812345678"}, AS_PHONE), ({"card_no": "vip0012345"}, AS_CARD)],
    )
    def test_is_taken_from_the_opening_message(
        self, session: Session, entities: dict[str, str | list[str]], kept: list[dict[str, str]]
    ) -> None:
        said = fill(session, a_visitor(session), None, "绑", "bind_member", entities=entities)
        assert said.slots["bind_to"] == kept

    @pytest.mark.parametrize(
        ("text", "kept"),
        [
            ("138 1234 5678", AS_PHONE),
            ("１３８１２３４５６７８", AS_PHONE),
            ("+86 13812345678", AS_PHONE),
            ("VIP 0012345", AS_CARD),
            ("8800123456", [{"kind": "card", "value": "8800123456"}]),
        ],
    )
    def test_is_taken_bare_where_it_was_asked_for(
        self, session: Session, text: str, kept: list[dict[str, str]]
    ) -> None:
        said = fill(session, a_visitor(session), "bind_to", text, "query_order")
        assert said.slots["bind_to"] == kept

    @pytest.mark.parametrize("text", ["12345678901", "138123456", "138123456789"])
    def test_a_wrong_phone_is_asked_again(self, session: Session, text: str) -> None:
        said = fill(session, a_visitor(session), "bind_to", text, "nlu_fallback")
        assert said.names == ["utter_error_invalid_phone"]
        assert said.slots == {"bind_to": None}

    def test_a_wrong_card_is_asked_again(self, session: Session) -> None:
        entities: dict[str, str | list[str]] = {"card_no": "VIP12"}
        said = fill(session, a_visitor(session), "bind_to", "", "bind_member", entities=entities)
        assert said.names == ["utter_error_invalid_card"]

    def test_what_is_theirs_already_is_said(self, session: Session) -> None:
        member = a_member(session)
        entities: dict[str, str | list[str]] = {"card_no": CARD.value}
        said = fill(session, member, None, "", "bind_member", entities=entities)
        assert (said.only["response"], said.only["bound"]) == ("utter_bound_already", "VIP****345")
        assert said.then == "action_listen"

    def test_a_card_without_a_phone_is_for_the_counter(self, session: Session) -> None:
        a_member(session, phone=None)
        entities: dict[str, str | list[str]] = {"card_no": CARD.value}
        said = fill(session, a_visitor(session), None, "", "bind_member", entities=entities)
        assert (said.names, said.then) == (["utter_bind_at_counter"], "action_listen")

    def test_no_number_is_asked_for(self, session: Session) -> None:
        said = fill(session, a_visitor(session), "bind_to", "怎么绑", "bind_member")
        assert (said.responses, said.slots) == ([], {"bind_to": None})

    def test_no_thanks_leaves(self, session: Session) -> None:
        said = fill(session, a_visitor(session), "bind_to", "不用了", "deny")
        assert (said.names, said.then) == (["utter_cancelled"], "action_listen")

    def test_a_digression_fills_nothing(self, session: Session) -> None:
        said = fill(session, a_visitor(session), "bind_to", "我有多少积分", "query_points")
        assert said.events == []


class TestTheConsent:
    def test_shows_what_is_kept_and_why(self, session: Session) -> None:
        message = a_message(session, a_visitor(session))
        said = say(AskBindConsent, message, slots={"bind_to": AS_PHONE}, form=FORM).only
        assert said["wording"] == rules.get(session, "consent.membership")
        assert said["claim"] == "138****5678"

    @pytest.mark.parametrize(
        ("text", "intent"), [("不同意", "deny"), ("我不愿意", "nlu_fallback"), ("不行", "deny")]
    )
    def test_no_keeps_nothing_and_says_what_still_works(
        self, session: Session, text: str, intent: str
    ) -> None:
        visitor = a_visitor(session)
        said = fill(session, visitor, "bind_consent", text, intent, to=AS_PHONE)
        assert (said.names, said.then) == (["utter_bind_refused"], "action_listen")
        assert said.slots["bind_to"] is None
        assert session.exec(select(Consent)).all() == []

    @pytest.mark.parametrize(("text", "intent"), [("好的", "affirm"), ("我同意", "nlu_fallback")])
    def test_yes_to_a_free_phone_needs_no_code(
        self, session: Session, text: str, intent: str
    ) -> None:
        said = fill(session, a_visitor(session), "bind_consent", text, intent, to=AS_PHONE)
        assert said.slots == {"bind_consent": True, "bind_code": "not needed"}
        assert session.exec(select(Outbound)).all() == []

    def test_yes_to_somebodys_phone_sends_a_code(self, session: Session) -> None:
        member, visitor = a_member(session), a_visitor(session)
        said = agree(session, visitor, AS_CARD)
        assert (said.only["response"], said.only["phone"]) == ("utter_code_sent", "138****5678")
        assert said.slots == {"bind_consent": True}
        sent = session.exec(select(Outbound)).one()
        assert (sent.channel, sent.address, sent.customer_id) == ("sms", member.phone, member.id)

    def test_another_number_is_taken_instead(self, session: Session) -> None:
        entities: dict[str, str | list[str]] = {"phone": "13812345678"}
        said = fill(
            session, a_visitor(session), "bind_consent", "", "bind_member", to=AS_CARD,
            entities=entities,
        )  # fmt: skip
        assert said.slots == {"bind_to": AS_PHONE, "bind_consent": None, "bind_code": None}

    def test_something_else_is_neither(self, session: Session) -> None:
        visitor = a_visitor(session)
        assert fill(session, visitor, "bind_consent", "嗯？", "chitchat", to=AS_PHONE).events == []

    def test_too_many_codes_end_it(self, session: Session) -> None:
        a_member(session)
        visitor = a_visitor(session)
        agree(session, visitor, AS_PHONE)
        said = agree(session, visitor, AS_PHONE)
        assert (said.names, said.then) == (["utter_error_too_many_codes"], "action_listen")


class TestTheCode:
    def typed(self, session: Session, visitor: Customer, text: str, **more: Any) -> Said:
        intent = more.pop("intent", "rate_service")
        return fill(session, visitor, "bind_code", text, intent, to=AS_PHONE, **more)

    def test_the_right_one_fills_the_form(self, session: Session) -> None:
        a_member(session)
        visitor = a_visitor(session)
        agree(session, visitor, AS_PHONE)
        said = self.typed(session, visitor, f"是 {a_code(session)}")
        assert said.slots == {"bind_code": "right"}

    def test_a_wrong_one_is_counted_and_asked_again_five_times(self, session: Session) -> None:
        a_member(session)
        visitor = a_visitor(session)
        agree(session, visitor, AS_PHONE)
        wrong = f"{(int(a_code(session)) + 1) % 1_000_000:06}"
        for _ in range(4):
            said = self.typed(session, visitor, wrong)
            assert (said.names, said.slots) == (["utter_wrong_code"], {"bind_code": None})
        said = self.typed(session, visitor, wrong)
        assert (said.names, said.then) == (["utter_code_over"], "action_listen")

    def test_another_can_be_sent(self, session: Session) -> None:
        a_member(session)
        visitor = a_visitor(session)
        agree(session, visitor, AS_PHONE)
        assert self.typed(session, visitor, "没收到").names == ["utter_error_too_many_codes"]
        clock.set_to(clock.now() + timedelta(minutes=2))
        said = self.typed(session, visitor, "重新发")
        assert (said.names, said.slots) == (["utter_code_sent"], {"bind_code": None})

    def test_no_thanks_leaves(self, session: Session) -> None:
        said = self.typed(session, a_visitor(session), "不用了", intent="deny")
        assert (said.names, said.then) == (["utter_cancelled"], "action_listen")

    def test_something_else_is_no_code(self, session: Session) -> None:
        said = self.typed(session, a_visitor(session), "怎么绑", intent="bind_member")
        assert said.events == []


class TestBinding:
    def test_records_consent_and_number_together(self, session: Session) -> None:
        visitor = a_visitor(session)
        said = finish(session, visitor, AS_PHONE)
        assert (said.only["response"], said.only["claim"]) == ("utter_bound", "138****5678")
        session.expire_all()
        assert binding.bound(session, visitor) == [PHONE]
        kept = consents.latest(session, visitor.id, Purpose.MEMBERSHIP)
        assert kept is not None
        assert kept.wording == rules.get(session, "consent.membership")
        assert (kept.granted, kept.channel) == (True, "oa")

    def test_without_proof_neither_is_kept(self, session: Session) -> None:
        a_member(session)
        said = finish(session, a_visitor(session), AS_PHONE)
        assert said.names == ["utter_error_unproven"]
        assert session.exec(select(Consent)).all() == []

    def test_pushes_are_a_question_of_their_own_once_ever(self, session: Session) -> None:
        visitor = a_visitor(session)
        assert finish(session, visitor, AS_PHONE).then == "marketing_form"
        consents.record(
            session, themselves(visitor), visitor.id, Purpose.MARKETING, granted=False, wording="",
            channel="oa", ref="r",
        )  # fmt: skip
        session.commit()
        assert finish(session, visitor, AS_CARD).then is None

    def test_with_the_code_the_points_of_the_till_are_theirs(self, session: Session) -> None:
        member, visitor = a_member(session), a_visitor(session)
        agree(session, visitor, AS_CARD)
        fill(session, visitor, "bind_code", a_code(session), "rate_service", to=AS_CARD)
        message = a_message(session, visitor)
        said = say(Bind, message, slots={"bind_to": AS_CARD})
        assert said.names == ["utter_bound_joined"]
        assert say(QueryPoints, message).only["available"] == 320
        session.expire_all()
        assert consents.holds(session, member.id, Purpose.MEMBERSHIP)

    def test_a_retry_of_the_message_changes_nothing_more(self, session: Session) -> None:
        member, visitor = a_member(session), a_visitor(session)
        agree(session, visitor, AS_PHONE)
        code = a_code(session)
        message = a_message(session, visitor)
        for response in ("utter_bound_joined", "utter_bound"):
            fill(session, visitor, "bind_code", code, "x", to=AS_PHONE, message=message)
            assert say(Bind, message, slots={"bind_to": AS_PHONE}).names == [response]
        assert len(session.exec(select(Consent)).all()) == 1
        assert points.balance(session, member.id) == 320

    def test_a_proof_that_was_just_given_serves_again(self, session: Session) -> None:
        a_member(session)
        visitor = a_visitor(session)
        agree(session, visitor, AS_PHONE)
        fill(session, visitor, "bind_code", a_code(session), "x", to=AS_PHONE)
        assert agree(session, visitor, AS_PHONE).slots["bind_code"] == "not needed"

    def test_can_be_undone(self, session: Session) -> None:
        visitor = a_visitor(session)
        slots = finish(session, visitor, AS_PHONE).slots
        said = say(UndoChange, a_message(session, visitor), slots=slots)
        assert said.names == ["utter_unbound"]
        session.expire_all()
        assert binding.bound(session, visitor) == []

    def test_joined_records_stay_one(self, session: Session) -> None:
        a_member(session)
        visitor = a_visitor(session)
        agree(session, visitor, AS_PHONE)
        fill(session, visitor, "bind_code", a_code(session), "x", to=AS_PHONE)
        message = a_message(session, visitor)
        slots = say(Bind, message, slots={"bind_to": AS_PHONE}).slots
        said = say(UndoChange, message, slots=slots)
        assert said.names == ["utter_bound_for_good"]
