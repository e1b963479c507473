from datetime import UTC, datetime
from typing import Any

import pytest
from sqlmodel import Session, select

from actions.complaint_words import SLOTS
from actions.complaints import AskComplaintConfirm, ComplaintForm, FileComplaint
from actions.complaints import QueryComplaint as Query
from crm_core.alerts.models import Step
from crm_core.customers.models import Customer
from crm_core.tickets import service as tickets
from crm_core.tickets.models import Priority, Ticket
from tests.actions.talk import Said, a_message, say
from tests.crm_core.shop import Shop, a_shop
from tests.factories import a_customer, acting, an_order, themselves

DESCRIPTION, CONFIRM = "complaint_description", "complaint_confirm"


@pytest.fixture
def shop(session: Session) -> Shop:
    return a_shop(session)


def told(
    session: Session,
    customer: Customer,
    text: str,
    *,
    intent: str = "file_complaint",
    asked: str | None = None,
    slots: dict[str, Any] | None = None,
    **entities: str,
) -> Said:
    """What the form takes from a message, after it has asked for `asked`."""
    return say(
        ComplaintForm,
        a_message(session, customer, text),
        text=text,
        intent=intent,
        entities=dict(entities),
        slots={"requested_slot": asked} | (slots or {}),
        form="complaint_form" if asked else None,
    )


def filed(session: Session, customer: Customer, description: str, **slots: Any) -> Said:
    filled = {DESCRIPTION: description, CONFIRM: True} | slots
    return say(FileComplaint, a_message(session, customer), slots=filled)


class TestForm:
    def test_the_wish_alone_fills_nothing(self, session: Session, shop: Shop) -> None:
        assert told(session, shop.customer, "我要投诉").slots == dict.fromkeys(SLOTS)

    def test_who_and_where_do_not_say_what_happened(self, session: Session, shop: Shop) -> None:
        said = told(
            session,
            shop.customer,
            "投诉人民路旗舰店的李小红",
            store="人民路旗舰店",
            staff_name="李小红",
        )
        assert said.slots[DESCRIPTION] is None

    def test_what_happened_is_taken_from_the_first_message(
        self, session: Session, shop: Shop
    ) -> None:
        said = told(session, shop.customer, "毛衣起球，质量太差，投诉", complaint_type="质量")
        assert said.slots[DESCRIPTION] == "毛衣起球，质量太差，投诉"
        assert (said.slots["complaint_type"], said.slots[CONFIRM]) == ("质量", None)

    def test_what_an_earlier_form_collected_is_gone(self, session: Session, shop: Shop) -> None:
        old = {DESCRIPTION: "旧的", CONFIRM: True}
        assert told(session, shop.customer, "我要投诉", slots=old).slots == dict.fromkeys(SLOTS)

    def test_picked_from_a_list_it_takes_no_words(self, session: Session, shop: Shop) -> None:
        said = told(session, shop.customer, "第二个", intent="", slots={DESCRIPTION: "旧的"})
        assert said.slots[DESCRIPTION] is None

    def test_anger_needs_no_confirmation(self, session: Session, shop: Shop) -> None:
        said = told(session, shop.customer, "气死我了")
        assert (said.slots[DESCRIPTION], said.slots[CONFIRM]) == ("气死我了", True)

    @pytest.mark.parametrize("intent", ["nlu_fallback", "chitchat", "give_suggestion"])
    def test_any_words_describe_it(self, session: Session, shop: Shop, intent: str) -> None:
        said = told(session, shop.customer, "袖子一长一短", intent=intent, asked=DESCRIPTION)
        assert said.slots[DESCRIPTION] == "袖子一长一短"

    @pytest.mark.parametrize(
        ("text", "intent"), [("M码大了两圈", "update_size"), ("导购翻白眼", "human_handoff")]
    )
    def test_a_symptom_is_no_digression(
        self, session: Session, shop: Shop, text: str, intent: str
    ) -> None:
        said = told(session, shop.customer, text, intent=intent, asked=DESCRIPTION)
        assert said.slots[DESCRIPTION] == text

    def test_asking_for_a_person_is_one_all_the_same(self, session: Session, shop: Shop) -> None:
        said = told(
            session, shop.customer, "没人理我，转人工", intent="human_handoff", asked=DESCRIPTION
        )
        assert said.slots == {}

    def test_a_digression_fills_nothing(self, session: Session, shop: Shop) -> None:
        said = told(session, shop.customer, "我多少积分", intent="query_points", asked=DESCRIPTION)
        assert (said.slots, said.names) == ({}, [])

    def test_a_long_story_is_cut(self, session: Session, shop: Shop) -> None:
        said = told(session, shop.customer, "起球" * 300, asked=DESCRIPTION)
        assert len(said.slots[DESCRIPTION]) == 500

    @pytest.mark.parametrize(("text", "intent"), [("好的", "affirm"), ("投诉", "file_complaint")])
    def test_what_says_nothing_is_asked_again(
        self, session: Session, shop: Shop, text: str, intent: str
    ) -> None:
        said = told(session, shop.customer, text, intent=intent, asked=DESCRIPTION)
        assert said.slots == {DESCRIPTION: None}

    def test_no_before_anything_was_shown_leaves_it(self, session: Session, shop: Shop) -> None:
        said = told(session, shop.customer, "不用了", intent="deny", asked=DESCRIPTION)
        assert (said.names, said.then) == (["utter_cancelled"], "action_listen")

    @pytest.mark.parametrize(("intent", "confirmed"), [("affirm", True), ("deny", False)])
    def test_yes_and_no_decide(
        self, session: Session, shop: Shop, intent: str, confirmed: bool
    ) -> None:
        said = told(session, shop.customer, "…", intent=intent, asked=CONFIRM)
        assert said.slots == {CONFIRM: confirmed}

    def test_more_words_are_added_and_shown_again(self, session: Session, shop: Shop) -> None:
        said = told(
            session, shop.customer, "还开线了", asked=CONFIRM, slots={DESCRIPTION: "毛衣起球"}
        )
        assert said.slots[DESCRIPTION] == "毛衣起球；还开线了"
        assert said.slots[CONFIRM] is None

    def test_angry_words_added_decide(self, session: Session, shop: Shop) -> None:
        said = told(
            session, shop.customer, "你们是骗子", asked=CONFIRM, slots={DESCRIPTION: "毛衣起球"}
        )
        assert said.slots[DESCRIPTION] == "毛衣起球；你们是骗子"
        assert said.slots[CONFIRM] is True

    def test_small_talk_is_not_added(self, session: Session, shop: Shop) -> None:
        said = told(session, shop.customer, "哈哈", intent="chitchat", asked=CONFIRM)
        assert said.slots == {CONFIRM: None}

    def test_an_order_of_theirs_is_taken(self, session: Session, shop: Shop) -> None:
        an_order(session, shop.customer, "DD1")
        said = told(session, shop.customer, "是DD1", asked=CONFIRM, order_no="DD1")
        assert said.slots == {CONFIRM: None, "complaint_order_no": "DD1"}

    def test_another_order_is_said_to_be_unknown(self, session: Session, shop: Shop) -> None:
        an_order(session, shop.customer, "DD1")
        an_order(session, a_customer(session, "赵敏"), "DD9")
        said = told(session, shop.customer, "DD9起球", order_no="DD9")
        assert said.only["response"] == "utter_complaint_order_unknown"
        assert said.slots["complaint_order_no"] is None

    def test_staff_leave_it(self, session: Session, shop: Shop) -> None:
        said = say(ComplaintForm, a_message(session, shop.manager), intent="file_complaint")
        assert (said.names, said.then) == (["utter_error_forbidden"], "action_listen")


def test_what_would_be_filed_is_shown(session: Session, shop: Shop) -> None:
    order = an_order(session, shop.customer, "DD1")
    order.paid_at = datetime(2026, 3, 1, 4, tzinfo=UTC)
    session.add(order)
    message = a_message(session, shop.customer)
    slots = {DESCRIPTION: "毛衣起球", "complaint_order_no": "DD1"}
    said = say(AskComplaintConfirm, message, slots=slots, form="complaint_form")
    assert said.only | {"type": "质量", "description": "毛衣起球"} == said.only
    assert said.only["order"] == "\n关于：3月1日的订单 DD1"
    assert said.then is None


class TestFiling:
    def test_opens_a_complaint(self, session: Session, shop: Shop) -> None:
        said = filed(session, shop.customer, "毛衣起球").only
        ticket = session.exec(select(Ticket)).one()
        assert said["response"] == "utter_complaint_filed"
        assert (said["number"], said["type"]) == (ticket.number, "质量投诉")

    def test_empties_the_form(self, session: Session, shop: Shop) -> None:
        assert filed(session, shop.customer, "毛衣起球").slots == dict.fromkeys(SLOTS)

    def test_without_a_yes_nothing_is_filed(self, session: Session, shop: Shop) -> None:
        said = filed(session, shop.customer, "毛衣起球", complaint_confirm=False)
        assert said.names == ["utter_complaint_not_filed"]
        assert session.exec(select(Ticket)).all() == []

    def test_a_replayed_turn_opens_one(self, session: Session, shop: Shop) -> None:
        message = a_message(session, shop.customer)
        slots = {DESCRIPTION: "起球", CONFIRM: True}
        numbers = {say(FileComplaint, message, slots=slots).only["number"] for _ in range(2)}
        assert len(numbers) == 1

    def test_anger_gets_priority_and_the_offer_of_a_person(
        self, session: Session, shop: Shop
    ) -> None:
        said = filed(session, shop.customer, "气死我了，毛衣又起球")
        assert said.only["response"] == "utter_complaint_filed_urgently"
        assert [option["action"] for option in said.slots["options"]] == ["action_human_handoff"]
        assert session.exec(select(Ticket)).one().priority is Priority.HIGH

    def test_bare_anger_is_asked_what_happened(self, session: Session, shop: Shop) -> None:
        said = filed(session, shop.customer, "气死我了")
        ticket = session.exec(select(Ticket)).one()
        assert said.only["response"] == "utter_complaint_filed_what_happened"
        assert said.then == "more_words_form"
        about = said.slots["words_about"]
        assert (about["what"], about["id"]) == ("ticket", ticket.id)


class TestAsking:
    def opened(self, session: Session, shop: Shop, ref: str = "r1") -> Ticket:
        us = themselves(shop.customer)
        ticket = tickets.open_(session, us, shop.customer.id, tickets.Case("起球"), ref=ref)
        session.commit()
        return ticket

    def step(self, session: Session, shop: Shop, ticket: Ticket, *steps: Step) -> None:
        for step in steps:
            us = acting(shop.manager)
            tickets.handle(session, us, ticket.id, step, ref=f"{ticket.id}:{step}")
        session.commit()

    def test_none_offers_to_file_one(self, session: Session, shop: Shop) -> None:
        assert say(Query, a_message(session, shop.customer)).names == ["utter_no_complaints"]

    def test_the_only_one_is_told(self, session: Session, shop: Shop) -> None:
        ticket = self.opened(session, shop)
        said = say(Query, a_message(session, shop.customer)).only
        assert said["response"] == "utter_complaint_status"
        assert (said["number"], said["type"]) == (ticket.number, "质量投诉")
        assert (said["state"], said["who"]) == ("待受理", "店长会尽快受理。")

    def test_who_has_it_in_hand_is_told(self, session: Session, shop: Shop) -> None:
        self.step(session, shop, self.opened(session, shop), Step.ACCEPT)
        said = say(Query, a_message(session, shop.customer)).only
        assert (said["state"], said["who"]) == ("处理中", "由周敏负责跟进。")

    def test_a_closed_one_can_be_complained_about_again(self, session: Session, shop: Shop) -> None:
        steps = (Step.ACCEPT, Step.RECTIFY, Step.VERIFY, Step.CLOSE)
        self.step(session, shop, self.opened(session, shop), *steps)
        assert "再发起投诉" in say(Query, a_message(session, shop.customer)).only["who"]

    def test_several_are_listed_and_picked_from(self, session: Session, shop: Shop) -> None:
        first, second = self.opened(session, shop), self.opened(session, shop, "r2")
        said = say(Query, a_message(session, shop.customer))
        assert said.only["lines"].startswith(f"1. {second.number} 质量投诉（待受理")
        picked = said.slots["options"][1]
        assert picked["action"] == "action_query_complaint"
        message = a_message(session, shop.customer)
        told = say(Query, message, intent="select_option", slots=picked["slots"])
        assert told.only["number"] == first.number

    def test_one_is_asked_for_by_number(self, session: Session, shop: Shop) -> None:
        first, _ = self.opened(session, shop), self.opened(session, shop, "r2")
        entities: dict[str, str | list[str]] = {"ticket_no": first.number}
        said = say(Query, a_message(session, shop.customer), entities=entities)
        assert said.only["number"] == first.number

    def test_somebody_elses_is_not_found(self, session: Session, shop: Shop) -> None:
        entities: dict[str, str | list[str]] = {"ticket_no": self.opened(session, shop).number}
        said = say(Query, a_message(session, a_customer(session, "赵敏")), entities=entities)
        assert said.names == ["utter_error_ticket_not_found"]
