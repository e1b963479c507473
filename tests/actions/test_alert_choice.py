import pytest
from sqlmodel import Session

from crm_core.alerts import handling
from crm_core.alerts import service as alerts
from crm_core.alerts.models import AlertCard, AlertKind, AlertState
from crm_core.alerts.service import Facts, New
from crm_core.authz import Role
from tests.actions.alert_talk import SHOP, accepted, handle, pick, raised
from tests.crm_core.shop import Shop, a_shop
from tests.factories import a_customer, a_staff, a_store


@pytest.fixture
def shop(session: Session) -> Shop:
    return a_shop(session)


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
