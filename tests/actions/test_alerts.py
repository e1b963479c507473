import pytest
from sqlmodel import Session

from actions.alerts import ListAlerts, ShowAlert
from crm_core.alerts import handling
from crm_core.alerts import service as alerts
from crm_core.alerts.models import AlertKind, AlertState, Step
from crm_core.alerts.service import Facts, New
from crm_core.authz import Role
from crm_core.handover import service as handover
from crm_core.tickets import service as tickets
from tests.actions.alert_talk import SHOP, accepted, handle, pick, raised
from tests.actions.talk import a_message, say
from tests.crm_core.shop import Shop, a_shop
from tests.factories import a_staff, a_store, themselves


@pytest.fixture
def shop(session: Session) -> Shop:
    return a_shop(session)


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
