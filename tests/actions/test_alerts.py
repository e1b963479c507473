from typing import Any

import pytest
from sqlmodel import Session

from actions.alerts import HandleAlert, ListAlerts, ShowAlert
from crm_core.alerts import handling
from crm_core.alerts import service as alerts
from crm_core.alerts.models import Alert, AlertCard, AlertKind, AlertState, Step
from crm_core.alerts.service import Facts, New
from crm_core.authz import Role, system
from crm_core.customers.models import Customer
from crm_core.handover import service as handover
from crm_core.staff.models import Staff
from crm_core.tickets import service as tickets
from tests.actions.talk import Said, a_message, say
from tests.crm_core.shop import Shop, a_shop
from tests.factories import a_customer, a_staff, a_store, acting, themselves

SHOP = system("test")


@pytest.fixture
def shop(session: Session) -> Shop:
    return a_shop(session)


def raised(
    session: Session, shop: Shop, ref: str = "r1", *, customer: Customer | None = None
) -> Alert:
    facts = Facts("服务 1 分", "没人理我", (("订单", "DD1"), ("导购", "陈静")))
    who = customer or shop.customer
    new = New(AlertKind.LOW_SCORE, who.id, facts, store_id=shop.store.id)
    alert = alerts.raise_(session, SHOP, new, ref=ref)
    session.commit()
    return alert


def accepted(session: Session, alert: Alert, by: Staff) -> None:
    handling.advance(session, acting(by), alert, Step.ACCEPT, ref=f"a{alert.id}")
    session.commit()


def handle(
    session: Session,
    shop: Shop,
    action: str | None = None,
    *,
    intent: str = "handle_alert",
    slots: dict[str, Any] | None = None,
    by: Staff | None = None,
    **entities: str,
) -> Said:
    said: dict[str, str | list[str]] = {n: value for n, value in entities.items() if value}
    if action:
        said["action"] = action
    message = a_message(session, by or shop.manager)
    text = f"{action or ''}，处理过了"
    done = say(HandleAlert, message, text=text, intent=intent, entities=said, slots=slots)
    session.rollback()
    return done


def pick(session: Session, shop: Shop, said: Said, number: int) -> Said:
    """Pick from the list that was offered."""
    option = said.slots["options"][number - 1]
    assert option["action"] == "action_handle_alert"
    return handle(session, shop, intent="select_option", slots=option["slots"])


class TestListing:
    def test_what_needs_somebody_is_numbered(self, session: Session, shop: Shop) -> None:
        first, second = raised(session, shop), raised(session, shop, "r2")
        accepted(session, first, shop.manager)
        said = say(ListAlerts, a_message(session, shop.manager))
        lines = said.only["lines"].split("\n")
        assert lines[0].startswith("1. 低分预警 林** 服务 1 分（待受理，")
        assert lines[1].startswith("2. 低分预警 林** 服务 1 分（处理中，周敏，")
        assert said.slots["options"][0]["slots"] == {"alert_id": second.id}

    def test_none_is_said(self, session: Session, shop: Shop) -> None:
        assert say(ListAlerts, a_message(session, shop.manager)).names == ["utter_no_alerts"]

    def test_a_long_list_ends(self, session: Session, shop: Shop) -> None:
        for number in range(11):
            raised(session, shop, f"r{number}")
        said = say(ListAlerts, a_message(session, shop.manager))
        assert (said.only["count"], len(said.slots["options"])) == (11, 9)
        assert "2 条" in said.only["more"]

    def test_assistants_see_none(self, session: Session, shop: Shop) -> None:
        said = say(ListAlerts, a_message(session, shop.assistant))
        assert said.names == ["utter_error_forbidden"]

    def test_one_is_shown_with_what_can_be_done(self, session: Session, shop: Shop) -> None:
        alert = raised(session, shop)
        said = say(ShowAlert, a_message(session, shop.manager), slots={"alert_id": alert.id})
        details = said.only["details"].split("\n")
        assert details[:4] == [
            "低分预警 林**",
            "订单：DD1",
            "导购：陈静",
            "内容：服务 1 分：没人理我",
        ]
        assert [option["title"] for option in said.slots["options"]] == ["受理", "转交"]
        accepted_by_tap = pick(session, shop, said, 1)
        assert accepted_by_tap.names == ["utter_alert_accept"]


class TestHandling:
    def test_the_only_one_is_meant(self, session: Session, shop: Shop) -> None:
        alert = raised(session, shop)
        said = handle(session, shop, "受理")
        session.refresh(alert)
        assert (said.only["response"], said.only["about"]) == (
            "utter_alert_accept", "低分预警 林**",
        )  # fmt: skip
        assert (alert.state, alert.owner_id) == (AlertState.ACCEPTED, shop.manager.id)
        assert said.slots["alert_id"] == alert.id

    def test_it_goes_to_the_end(self, session: Session, shop: Shop) -> None:
        alert = raised(session, shop)
        said = [handle(session, shop, step) for step in ("受理", "整改", "验证", "关闭")]
        session.refresh(alert)
        assert [one.names[0] for one in said] == [
            "utter_alert_accept", "utter_alert_rectify", "utter_alert_verify", "utter_alert_close",
        ]  # fmt: skip
        assert alert.state is AlertState.CLOSED

    def test_a_step_that_does_not_follow_says_what_does(self, session: Session, shop: Shop) -> None:
        raised(session, shop)
        said = handle(session, shop, "关闭").only
        assert said["response"] == "utter_error_invalid_step"
        assert (said["state"], said["steps"]) == ("待受理", "受理、转交")

    def test_a_complaint_is_handled_as_one(self, session: Session, shop: Shop) -> None:
        us = themselves(shop.customer)
        ticket = tickets.open_(session, us, shop.customer.id, tickets.Case("起球"), ref="t")
        session.commit()
        handle(session, shop, "受理", ticket_no=ticket.number)
        session.refresh(ticket)
        assert ticket.state.value == "处理中"

    def test_a_hand_over_is_taken_and_given_back(self, session: Session, shop: Shop) -> None:
        handover.request(session, themselves(shop.customer), shop.customer.id, ref="h")
        session.commit()
        said = [handle(session, shop, step) for step in ("受理", "关闭")]
        assert [one.names[0] for one in said] == ["utter_hand_over_accept", "utter_hand_over_close"]

    def test_a_call_for_a_person_is_not_closed_by_the_way(
        self, session: Session, shop: Shop
    ) -> None:
        raised(session, shop)
        handover.request(session, themselves(shop.customer), shop.customer.id, ref="h")
        session.commit()
        assert handle(session, shop, "关闭").names == ["utter_no_alert_fits"]

    def test_without_any_it_is_said(self, session: Session, shop: Shop) -> None:
        assert handle(session, shop, "受理").names == ["utter_no_alert_fits"]
        assert handle(session, shop).names == ["utter_no_alerts"]

    def test_a_step_that_fits_none_of_several_is_said(self, session: Session, shop: Shop) -> None:
        raised(session, shop)
        raised(session, shop, "r2")
        said = handle(session, shop, "验证").only
        assert (said["response"], said["step"]) == ("utter_no_alert_fits", "验证")

    def test_without_a_step_it_is_shown(self, session: Session, shop: Shop) -> None:
        raised(session, shop)
        for action in (None, "看看"):
            assert handle(session, shop, action).names == ["utter_alert"]

    def test_a_score_on_the_card_is_not_told_twice(self, session: Session, shop: Shop) -> None:
        facts = Facts("服务 1 分", "", (("评分", "服务 1 分"),))
        new = New(AlertKind.LOW_SCORE, shop.customer.id, facts, store_id=shop.store.id)
        alerts.raise_(session, SHOP, new, ref="r1")
        session.commit()
        details = handle(session, shop).only["details"].split("\n")
        assert details[1] == "评分：服务 1 分"
        assert details[2].startswith("状态：")

    def test_a_closed_one_offers_nothing_more(self, session: Session, shop: Shop) -> None:
        alert = raised(session, shop)
        handling.settle(session, SHOP, alert, Step.CLOSE, AlertState.CLOSED, ref="c")
        session.commit()
        said = say(ShowAlert, a_message(session, shop.manager), slots={"alert_id": alert.id})
        assert "options" not in said.slots

    def test_another_shops_is_not_found(self, session: Session, shop: Shop) -> None:
        alert = raised(session, shop)
        other = a_staff(session, role=Role.MANAGER, store=a_store(session, "人民路店"))
        said = handle(
            session, shop, intent="select_option", by=other,
            slots={"alert_id": alert.id, "alert_action": "受理"},
        )  # fmt: skip
        assert said.names == ["utter_error_alert_not_found"]


class TestWhichOne:
    def test_of_several_one_is_asked_for_and_picked(self, session: Session, shop: Shop) -> None:
        first, _ = raised(session, shop), raised(session, shop, "r2")
        asked = handle(session, shop, "受理")
        assert asked.names == ["utter_which_alert"]
        done = pick(session, shop, asked, 2)
        assert done.slots["alert_id"] == first.id
        session.refresh(first)
        assert first.state is AlertState.ACCEPTED

    def test_the_one_it_fits_is_meant(self, session: Session, shop: Shop) -> None:
        first, _ = raised(session, shop), raised(session, shop, "r2")
        accepted(session, first, shop.manager)
        assert handle(session, shop, "整改").slots["alert_id"] == first.id

    def test_ones_own_is_meant(self, session: Session, shop: Shop) -> None:
        second = a_staff(session, "吴芳", role=Role.MANAGER, store=shop.store)
        own, others = raised(session, shop), raised(session, shop, "r2")
        accepted(session, own, shop.manager)
        accepted(session, others, second)
        assert handle(session, shop, "整改").slots["alert_id"] == own.id

    def test_the_one_talked_about_is_meant(self, session: Session, shop: Shop) -> None:
        first, _ = raised(session, shop), raised(session, shop, "r2")
        said = handle(session, shop, "受理", slots={"alert_id": first.id})
        assert said.slots["alert_id"] == first.id

    @pytest.mark.parametrize(("option", "place"), [("2", 1), ("-1", 1), ("1", 0)])
    def test_a_number_is_of_the_list_shown_last(
        self, session: Session, shop: Shop, option: str, place: int
    ) -> None:
        ids = [raised(session, shop, "r2").id, raised(session, shop).id]
        options = [{"action": "action_show_alert", "slots": {"alert_id": one}} for one in ids]
        said = handle(session, shop, "受理", option=option, slots={"options": options})
        assert said.slots["alert_id"] == ids[place]

    @pytest.mark.parametrize("option", ["3", "0", "左"])
    def test_a_number_that_is_not_there_is_said(
        self, session: Session, shop: Shop, option: str
    ) -> None:
        shown = [{"action": "action_show_alert", "slots": {"alert_id": raised(session, shop).id}}]
        said = handle(session, shop, "受理", option=option, slots={"options": shown})
        assert said.names == ["utter_pick_in_range"]

    def test_without_a_list_there_is_no_second(self, session: Session, shop: Shop) -> None:
        raised(session, shop)
        shown = [{"action": "action_show_poll", "slots": {"poll_id": 1}}]
        said = handle(session, shop, "受理", option="1", slots={"options": shown})
        assert said.names == ["utter_list_alerts_first"]

    @pytest.mark.parametrize(("name", "tail"), [("赵女士", ""), ("", "5678")])
    def test_the_customers_is_meant(
        self, session: Session, shop: Shop, name: str, tail: str
    ) -> None:
        other = a_customer(session, "赵敏", phone="+8613812345678", assistant=shop.assistant)
        raised(session, shop)
        theirs = raised(session, shop, "r2", customer=other)
        said = handle(session, shop, "受理", customer_name=name, phone_tail=tail)
        assert said.slots["alert_id"] == theirs.id

    def test_of_the_customers_the_one_it_fits_is_meant(self, session: Session, shop: Shop) -> None:
        first, second = raised(session, shop), raised(session, shop, "r2")
        accepted(session, first, shop.manager)
        said = handle(session, shop, "受理", customer_name="林女士")
        assert said.slots["alert_id"] == second.id

    def test_who_has_none_is_said(self, session: Session, shop: Shop) -> None:
        a_customer(session, "赵敏", assistant=shop.assistant)
        raised(session, shop)
        said = handle(session, shop, "受理", customer_name="赵女士")
        assert said.names == ["utter_error_alert_not_found"]


class TestTransfer:
    @pytest.mark.parametrize("action", ["转交", None])
    def test_goes_to_who_is_named(self, session: Session, shop: Shop, action: str | None) -> None:
        alert = raised(session, shop)
        said = handle(session, shop, action, staff_name="小陈").only
        session.refresh(alert)
        assert (said["response"], said["to"]) == ("utter_alert_transfer", "陈静")
        assert alert.owner_id == shop.assistant.id

    def test_is_asked_to_whom_and_picked(self, session: Session, shop: Shop) -> None:
        alert = raised(session, shop)
        asked = handle(session, shop, "转交")
        assert asked.only["lines"] == "1. 陈静"
        assert pick(session, shop, asked, 1).only["to"] == "陈静"
        session.refresh(alert)
        assert alert.owner_id == shop.assistant.id

    def test_the_name_is_kept_while_it_is_asked_which(self, session: Session, shop: Shop) -> None:
        raised(session, shop)
        raised(session, shop, "r2")
        asked = handle(session, shop, "转交", staff_name="小陈")
        assert asked.names == ["utter_which_alert"]
        assert pick(session, shop, asked, 1).only["to"] == "陈静"

    def test_somebody_of_another_shop_is_unknown(self, session: Session, shop: Shop) -> None:
        a_staff(session, "李娜", store=a_store(session, "人民路店"))
        raised(session, shop)
        said = handle(session, shop, "转交", staff_name="李娜")
        assert said.names == ["utter_error_staff_not_found"]

    def test_the_one_asked_about_on_a_card_is_meant(self, session: Session, shop: Shop) -> None:
        first, _ = raised(session, shop), raised(session, shop, "r2")
        card = session.get_one(AlertCard, first.id)
        assert card.alert_id == first.id
        handling.ask_receiver(session, first, card, ref="tap")
        session.commit()
        said = handle(session, shop, "转交", staff_name="小陈")
        assert said.slots["alert_id"] == first.id

    def test_what_belongs_to_no_shop_needs_a_name(self, session: Session, shop: Shop) -> None:
        admin = a_staff(session, "王总", role=Role.ADMIN)
        new = New(AlertKind.LOW_SCORE, shop.customer.id, Facts("服务 1 分"))
        alerts.raise_(session, SHOP, new, ref="r1")
        session.commit()
        said = handle(session, shop, "转交", by=admin)
        assert said.names == ["utter_nobody_to_transfer_to"]
