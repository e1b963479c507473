from typing import Any

import pytest
from sqlmodel import Session, select

from actions.customer_complaints import (
    COMPLAINANT,
    AskComplainant,
    AskCustomerComplaintConfirm,
    CustomerComplaintForm,
    FileComplaintForCustomer,
)
from crm_core.tickets.models import Ticket
from tests.actions.talk import Said, a_message, say
from tests.crm_core.shop import Shop, a_shop
from tests.factories import a_customer, a_staff

FORM = "customer_complaint_form"
DESCRIPTION, CONFIRM = "complaint_description", "complaint_confirm"


@pytest.fixture
def shop(session: Session) -> Shop:
    return a_shop(session)


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
        said = self.told(session, shop, "她要投诉", slots=known)
        assert said.slots[COMPLAINANT] == shop.customer.id

    def test_one_who_is_not_found_is_not_mistaken_for_another(
        self, session: Session, shop: Shop
    ) -> None:
        known = {"customer_id": shop.customer.id}
        said = self.told(session, shop, "赵女士要投诉", slots=known, customer_name="赵女士")
        assert said.names == ["utter_error_customer_not_found"]
        assert said.slots[COMPLAINANT] is None

    def test_the_answer_to_whom_is_no_digression(self, session: Session, shop: Shop) -> None:
        said = self.told(
            session, shop, "林女士", intent="lookup_customer", asked=COMPLAINANT,
            customer_name="林女士",
        )  # fmt: skip
        assert said.slots == {
            COMPLAINANT: shop.customer.id, "customer_id": shop.customer.id,
        }  # fmt: skip

    def test_looking_up_somebody_meanwhile_is(self, session: Session, shop: Shop) -> None:
        said = self.told(
            session, shop, "查一下林女士", intent="lookup_customer", asked=DESCRIPTION,
            customer_name="林女士",
        )  # fmt: skip
        assert said.slots == {}

    def test_who_was_looked_up_meanwhile_is_not_the_complainant(
        self, session: Session, shop: Shop
    ) -> None:
        other = a_customer(session, "赵敏", assistant=shop.assistant)
        slots = {
            COMPLAINANT: shop.customer.id, "customer_id": other.id, DESCRIPTION: "起球",
            CONFIRM: True,
        }  # fmt: skip
        say(FileComplaintForCustomer, a_message(session, shop.assistant), slots=slots)
        assert session.exec(select(Ticket)).one().customer_id == shop.customer.id

    def test_no_leaves_it(self, session: Session, shop: Shop) -> None:
        for asked in (COMPLAINANT, DESCRIPTION):
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
        old = {COMPLAINANT: shop.customer.id, DESCRIPTION: "起球"}
        said = self.told(
            session, shop, "赵女士要投诉", asked=asked, slots=old, customer_name="赵女士"
        )
        assert (said.slots[COMPLAINANT], said.slots[DESCRIPTION]) == (other.id, None)

    def test_the_same_customer_adds_to_it(self, session: Session, shop: Shop) -> None:
        old = {COMPLAINANT: shop.customer.id, DESCRIPTION: "起球"}
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
        slots = {COMPLAINANT: shop.customer.id, DESCRIPTION: "毛衣起球", CONFIRM: True}
        shown = say(AskCustomerComplaintConfirm, a_message(session, shop.assistant), slots=slots)
        done = say(FileComplaintForCustomer, a_message(session, shop.assistant), slots=slots)
        ticket = session.exec(select(Ticket)).one()
        assert (shown.only["customer"], shown.only["type"]) == ("林晓月", "质量")
        assert (done.only["customer"], done.only["number"]) == ("林晓月", ticket.number)
        assert (ticket.customer_id, ticket.opened_by) == (
            shop.customer.id, f"staff:{shop.assistant.id}",
        )  # fmt: skip

    def test_without_a_yes_nothing_is_filed(self, session: Session, shop: Shop) -> None:
        slots = {COMPLAINANT: shop.customer.id, DESCRIPTION: "起球", CONFIRM: False}
        said = say(FileComplaintForCustomer, a_message(session, shop.assistant), slots=slots)
        assert said.names == ["utter_complaint_not_filed"]

    def test_not_for_a_colleagues_customer(self, session: Session, shop: Shop) -> None:
        slots = {COMPLAINANT: shop.customer.id, DESCRIPTION: "起球", CONFIRM: True}
        said = say(FileComplaintForCustomer, a_message(session, a_staff(session)), slots=slots)
        assert said.names == ["utter_error_forbidden"]
        assert session.exec(select(Ticket)).all() == []
