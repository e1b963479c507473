from datetime import UTC, datetime
from typing import Any

import pytest
from sqlmodel import Session, select

from actions.complaint_words import SLOTS
from actions.complaints import AskComplaintConfirm, ComplaintForm, FileComplaint
from actions.complaints import QueryComplaint as Query
from actions.customer_complaints import (
    AskComplainant,
    AskCustomerComplaintConfirm,
    CustomerComplaintForm,
    FileComplaintForCustomer,
)
from crm_core.alerts.models import Step
from crm_core.customers.models import Customer
from crm_core.tickets import service as tickets
from crm_core.tickets.models import Priority, Ticket
from tests.actions.talk import Said, a_message, say
from tests.crm_core.shop import Shop, a_shop
from tests.factories import a_customer, a_staff, acting, an_order, themselves

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


class TestForACustomer:
    FORM = "customer_complaint_form"

    def told(
        self,
        session: Session,
        shop: Shop,
        text: str,
        *,
        intent: str = "file_complaint_for_customer",
        asked: str | None = None,
        slots: dict[str, Any] | None = None,
        **entities: str,
    ) -> Said:
        return say(
            CustomerComplaintForm,
            a_message(session, shop.assistant, text),
            text=text,
            intent=intent,
            entities=dict(entities),
            slots={"requested_slot": asked} | (slots or {}),
            form=self.FORM if asked else None,
        )

    def test_customer_and_story_come_in_one_sentence(self, session: Session, shop: Shop) -> None:
        said = self.told(
            session, shop, "林女士气死了，毛衣起球，订单DD1", customer_name="林女士", order_no="DD1"
        )
        assert said.slots["customer_id"] == shop.customer.id
        assert said.slots[DESCRIPTION] == "林女士气死了，毛衣起球，订单DD1"
        assert said.slots["complaint_order_no"] == "DD1"
        assert said.slots[CONFIRM] is None  # their anger is not the assistant's

    def test_the_name_alone_says_not_what_happened(self, session: Session, shop: Shop) -> None:
        said = self.told(session, shop, "帮林晓月女士登记投诉", customer_name="林晓月女士")
        assert said.slots[DESCRIPTION] is None

    def test_who_was_talked_about_is_meant(self, session: Session, shop: Shop) -> None:
        known = {"customer_id": shop.customer.id}
        assert "customer_id" not in self.told(session, shop, "她要投诉", slots=known).slots

    def test_one_who_is_not_found_is_not_mistaken_for_another(
        self, session: Session, shop: Shop
    ) -> None:
        known = {"customer_id": shop.customer.id}
        said = self.told(session, shop, "赵女士要投诉", slots=known, customer_name="赵女士")
        assert said.names == ["utter_error_customer_not_found"]
        assert said.slots["customer_id"] is None

    def test_the_answer_to_whom_is_no_digression(self, session: Session, shop: Shop) -> None:
        said = self.told(
            session, shop, "林女士", intent="lookup_customer", asked="customer_id",
            customer_name="林女士",
        )  # fmt: skip
        assert said.slots == {"customer_id": shop.customer.id}

    def test_looking_up_somebody_meanwhile_is(self, session: Session, shop: Shop) -> None:
        said = self.told(
            session, shop, "查一下林女士", intent="lookup_customer", asked=DESCRIPTION,
            customer_name="林女士",
        )  # fmt: skip
        assert said.slots == {}

    def test_no_leaves_it(self, session: Session, shop: Shop) -> None:
        for asked in ("customer_id", DESCRIPTION):
            said = self.told(session, shop, "不用了", intent="deny", asked=asked)
            assert (said.names, said.then) == (["utter_cancelled"], "action_listen")

    def test_the_answer_describes_it(self, session: Session, shop: Shop) -> None:
        said = self.told(session, shop, "拉链坏", intent="nlu_fallback", asked=DESCRIPTION)
        assert said.slots == {DESCRIPTION: "拉链坏"}

    def test_a_customers_wish_is_a_part_of_the_story(self, session: Session, shop: Shop) -> None:
        said = self.told(session, shop, "想换M码", intent="update_size", asked=DESCRIPTION)
        assert said.slots == {DESCRIPTION: "想换M码"}

    @pytest.mark.parametrize("asked", [DESCRIPTION, CONFIRM])
    def test_another_customer_begins_another_complaint(
        self, session: Session, shop: Shop, asked: str
    ) -> None:
        other = a_customer(session, "赵敏", assistant=shop.assistant)
        old = {"customer_id": shop.customer.id, DESCRIPTION: "起球"}
        said = self.told(
            session, shop, "赵女士要投诉", asked=asked, slots=old, customer_name="赵女士"
        )
        assert (said.slots["customer_id"], said.slots[DESCRIPTION]) == (other.id, None)

    def test_the_same_customer_adds_to_it(self, session: Session, shop: Shop) -> None:
        old = {"customer_id": shop.customer.id, DESCRIPTION: "起球"}
        said = self.told(
            session, shop, "林女士说还开线", asked=CONFIRM, slots=old, customer_name="林女士"
        )
        assert said.slots[DESCRIPTION] == "起球；林女士说还开线"

    def test_of_several_called_that_one_is_picked(self, session: Session, shop: Shop) -> None:
        a_customer(session, "林芳", assistant=shop.assistant)
        said = say(
            AskComplainant,
            a_message(session, shop.assistant),
            intent="file_complaint_for_customer",
            entities={"customer_name": "林女士"},
        )
        assert {option["action"] for option in said.slots["options"]} == {self.FORM}

    def test_it_is_shown_then_filed_for_them(self, session: Session, shop: Shop) -> None:
        slots = {"customer_id": shop.customer.id, DESCRIPTION: "毛衣起球", CONFIRM: True}
        shown = say(AskCustomerComplaintConfirm, a_message(session, shop.assistant), slots=slots)
        done = say(FileComplaintForCustomer, a_message(session, shop.assistant), slots=slots)
        ticket = session.exec(select(Ticket)).one()
        assert (shown.only["customer"], shown.only["type"]) == ("林晓月", "质量")
        assert (done.only["customer"], done.only["number"]) == ("林晓月", ticket.number)
        assert (ticket.customer_id, ticket.opened_by) == (
            shop.customer.id, f"staff:{shop.assistant.id}",
        )  # fmt: skip

    def test_without_a_yes_nothing_is_filed(self, session: Session, shop: Shop) -> None:
        slots = {"customer_id": shop.customer.id, DESCRIPTION: "起球", CONFIRM: False}
        said = say(FileComplaintForCustomer, a_message(session, shop.assistant), slots=slots)
        assert said.names == ["utter_complaint_not_filed"]

    def test_not_for_a_colleagues_customer(self, session: Session, shop: Shop) -> None:
        slots = {"customer_id": shop.customer.id, DESCRIPTION: "起球", CONFIRM: True}
        said = say(FileComplaintForCustomer, a_message(session, a_staff(session)), slots=slots)
        assert said.names == ["utter_error_forbidden"]
        assert session.exec(select(Ticket)).all() == []
