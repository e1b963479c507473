from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlmodel import Session

from channels.sandbox.config import Limits
from channels.sandbox.wecom.cards import check
from crm_core import clock, queues
from crm_core.alerts import handling
from crm_core.alerts import service as alerts
from crm_core.alerts.flow import InvalidStep
from crm_core.alerts.models import Alert, AlertKind, AlertState, Step
from crm_core.alerts.service import AlertNotFound, Facts, New
from crm_core.authz import Forbidden, Role, system
from crm_core.outbox.models import Outbound
from crm_core.outbox.ports import Receipt
from crm_core.staff.models import Staff
from crm_core.tiers import program
from crm_core.tiers import service as tiers
from tests.crm_core.shop import Shop
from tests.crm_core.staff_phones import plugged
from tests.factories import a_customer, a_staff, a_store, acting

SHOP = system("test")
FACTS = Facts("服务 1 分", "没人理我", (("订单", "DD1"), ("导购", "陈静")))


def raised(session: Session, shop: Shop, ref: str = "r1", **changes: Any) -> Alert:
    new = New(AlertKind.LOW_SCORE, shop.customer.id, FACTS, store_id=shop.store.id)
    return alerts.raise_(session, SHOP, replace(new, **changes), ref=ref)


class TestRaising:
    def test_a_card_names_customer_masked_order_assistant_score_and_words(
        self, session: Session, shop: Shop
    ) -> None:
        phones = plugged()
        alert = raised(session, shop)
        phones.deliver(session)
        (card,) = phones.cards(shop.manager)
        assert card.pop("task_id").startswith(f"alert-{alert.id}-")
        assert card == {
            "card_type": "button_interaction",
            "main_title": {"title": "低分预警", "desc": "万达店"},
            "sub_title_text": "服务 1 分：没人理我",
            "horizontal_content_list": [
                {"keyname": "顾客", "value": "林**"},
                {"keyname": "订单", "value": "DD1"},
                {"keyname": "导购", "value": "陈静"},
            ],
            "button_selection": {
                "question_key": "assistant",
                "title": "转交给",
                "option_list": [
                    {"id": "0", "text": "请选择"},
                    {"id": str(shop.assistant.id), "text": "陈静"},
                ],
                "selected_id": "0",
            },
            "button_list": [
                {"text": "受理", "style": 1, "key": f"alert:accept:{alert.id}"},
                {"text": "转交", "style": 2, "key": f"alert:transfer:{alert.id}"},
            ],
        }

    def test_the_card_is_urgent(self, session: Session, shop: Shop) -> None:
        phones = plugged()
        raised(session, shop)
        phones.deliver(session)
        assert [(row.queue, row.purpose) for row in phones.received] == [(queues.URGENT, "alert")]

    def test_a_repeated_ref_tells_once(self, session: Session, shop: Shop) -> None:
        phones = plugged()
        assert raised(session, shop).id == raised(session, shop).id
        phones.deliver(session)
        assert len(phones.received) == 1

    def test_every_manager_of_the_shop_is_told(self, session: Session, shop: Shop) -> None:
        phones = plugged()
        second = a_staff(session, "吴芳", role=Role.MANAGER, store=shop.store)
        a_staff(session, "钱进", role=Role.MANAGER, store=a_store(session, "人民路店"))
        raised(session, shop)
        phones.deliver(session)
        told = {row.staff_id for row in phones.received}
        assert told == {shop.manager.id, second.id}

    @pytest.mark.parametrize("store", [True, False])
    def test_without_a_manager_headquarters_are_told(
        self, session: Session, shop: Shop, store: bool
    ) -> None:
        phones, admin = plugged(), a_staff(session, "总部", role=Role.ADMIN)
        orphan = a_store(session, "人民路店") if store else None
        raised(session, shop, store_id=orphan.id if orphan else None)
        phones.deliver(session)
        (card,) = phones.cards(admin)
        assert "button_selection" not in card  # there is nobody to transfer it to

    def test_long_words_are_cut_to_what_wecom_shows(self, session: Session, shop: Shop) -> None:
        phones = plugged()
        facts = Facts("服务 1 分", "很长" * 100, (("导购", "名" * 40),))
        raised(session, shop, facts=facts)
        phones.deliver(session)
        (card,) = phones.cards(shop.manager)
        assert len(card["sub_title_text"]) == 112
        assert len(card["horizontal_content_list"][1]["value"]) == 26

    def test_no_more_than_ten_can_be_chosen_from(self, session: Session, shop: Shop) -> None:
        phones = plugged()
        for number in range(12):
            a_staff(session, f"导购{number}", store=shop.store)
        raised(session, shop)
        phones.deliver(session)
        (card,) = phones.cards(shop.manager)
        assert len(card["button_selection"]["option_list"]) == 10

    @pytest.mark.parametrize("kind", list(AlertKind))
    def test_every_look_of_a_card_is_one_that_wecom_takes(
        self, session: Session, shop: Shop, kind: AlertKind
    ) -> None:
        phones = plugged()
        alert = raised(session, shop, kind=kind, facts=Facts("", "", ()))
        phones.deliver(session)
        handling.settle(
            session, acting(shop.manager), alert, Step.ACCEPT, AlertState.ACCEPTED, ref="a"
        )
        phones.deliver(session)
        for card in (*phones.cards(shop.manager), *phones.changes(shop.manager)):
            check(card, Limits())
        assert len(phones.received) == 2


class TestSeeing:
    def test_what_is_not_closed_in_the_shop(self, session: Session, shop: Shop) -> None:
        older, newer = raised(session, shop), raised(session, shop, "r2")
        handling.settle(
            session, SHOP, raised(session, shop, "r3"), Step.CLOSE, AlertState.CLOSED, ref="c"
        )
        raised(session, shop, "r4", store_id=a_store(session, "人民路店").id)
        found = alerts.unsettled(session, acting(shop.manager))
        assert [alert.id for alert in found] == [newer.id, older.id]

    def test_customers_whose_level_has_priority_come_first(
        self, session: Session, shop: Shop
    ) -> None:
        tiers.use(session, SHOP, program.shipped("fresh_food"))
        shop.customer.tier = "金卡"
        first, other = raised(session, shop), a_customer(session, assistant=shop.assistant)
        raised(session, replace(shop, customer=other), "r2")
        found = alerts.unsettled(session, acting(shop.manager))
        assert [alert.customer_id for alert in found] == [first.customer_id, other.id]

    def test_headquarters_see_every_shop(self, session: Session, shop: Shop) -> None:
        raised(session, shop)
        admin = acting(a_staff(session, role=Role.ADMIN))
        assert len(alerts.unsettled(session, admin)) == 1

    def test_an_assistant_sees_none(self, session: Session, shop: Shop) -> None:
        with pytest.raises(Forbidden):
            alerts.unsettled(session, acting(shop.assistant))

    def test_another_shops_is_the_same_as_none(self, session: Session, shop: Shop) -> None:
        other = acting(a_staff(session, role=Role.MANAGER, store=a_store(session, "人民路店")))
        for alert_id in (raised(session, shop).id, 404):
            with pytest.raises(AlertNotFound):
                alerts.get(session, other, alert_id)
            with pytest.raises(AlertNotFound):
                alerts.lock(session, other, alert_id)

    def test_since_when_it_is_as_it_is(self, session: Session, shop: Shop) -> None:
        alert, manager = raised(session, shop), acting(shop.manager)
        assert alerts.since(session, alert) == alert.opened_at
        handling.advance(session, manager, alert, Step.ACCEPT, ref="a")
        moved = alerts.since(session, alert)
        handling.add_words(session, manager, alert, "还有", ref="w")
        assert alerts.since(session, alert) == moved > alert.opened_at


class TestHandling:
    def test_a_repeated_ref_moves_it_once(self, session: Session, shop: Shop) -> None:
        alert, manager = raised(session, shop), acting(shop.manager)
        assert handling.advance(session, manager, alert, Step.ACCEPT, ref="a")
        assert not handling.advance(session, manager, alert, Step.ACCEPT, ref="a")
        assert not handling.settle(session, manager, alert, Step.CLOSE, AlertState.CLOSED, ref="a")
        assert alert.state is AlertState.ACCEPTED

    def test_what_was_not_put_right_is_given_to_somebody_again(
        self, session: Session, shop: Shop
    ) -> None:
        alert, manager = raised(session, shop), acting(shop.manager)
        handling.advance(session, manager, alert, Step.ACCEPT, ref="a")
        handling.advance(session, manager, alert, Step.RECTIFY, ref="r")
        handling.advance(session, manager, alert, Step.TRANSFER, to=shop.assistant, ref="t")
        assert (alert.state, alert.owner_id) == (AlertState.ACCEPTED, shop.assistant.id)

    def test_what_is_closed_stays_closed(self, session: Session, shop: Shop) -> None:
        alert, manager = raised(session, shop), acting(shop.manager)
        handling.settle(session, manager, alert, Step.CLOSE, AlertState.CLOSED, ref="c")
        with pytest.raises(InvalidStep) as refused:
            handling.advance(session, manager, alert, Step.ACCEPT, ref="a")
        assert refused.value.values["steps"] == "查看"

    def test_more_words_reach_only_who_has_it(self, session: Session, shop: Shop) -> None:
        phones, alert = plugged(), raised(session, shop)
        second = a_staff(session, "吴芳", role=Role.MANAGER, store=shop.store)
        handling.advance(session, acting(second), alert, Step.ACCEPT, ref="a")
        handling.add_words(session, SHOP, alert, "等了半小时", ref="w")
        phones.deliver(session)
        assert phones.texts(second) == ["林** 补充说：等了半小时"]
        assert phones.texts(shop.manager) == []
        assert alert.facts["words"] == "没人理我；等了半小时"


class TestCards:
    def accepted(self, session: Session, alert: Alert, by: Staff) -> None:
        handling.advance(session, acting(by), alert, Step.ACCEPT, ref=f"accept:{alert.id}")

    def test_show_who_handles_it_and_nothing_to_tap(self, session: Session, shop: Shop) -> None:
        phones = plugged()
        second = a_staff(session, "吴芳", role=Role.MANAGER, store=shop.store)
        alert = raised(session, shop)
        phones.deliver(session)
        self.accepted(session, alert, second)
        phones.deliver(session)
        for member in (shop.manager, second):
            (card,) = phones.changes(member)
            assert card["main_title"]["title"] == "低分预警 · 处理中"
            assert card["replace_text"] == "吴芳处理中"
            assert {"keyname": "处理人", "value": "吴芳"} in card["horizontal_content_list"]

    def test_a_code_serves_once(self, session: Session, shop: Shop) -> None:
        phones, alert = plugged(), raised(session, shop)
        phones.deliver(session)
        self.accepted(session, alert, shop.manager)
        handling.advance(session, acting(shop.manager), alert, Step.RECTIFY, ref="r")
        phones.deliver(session)
        assert len(phones.changes(shop.manager)) == 1

    def test_a_code_serves_for_72_hours(self, session: Session, shop: Shop) -> None:
        phones, alert = plugged(), raised(session, shop)
        phones.deliver(session)
        clock.set_to(clock.now() + timedelta(hours=72))
        self.accepted(session, alert, shop.manager)
        phones.deliver(session)
        assert phones.changes(shop.manager) == []

    def test_one_that_arrives_after_it_was_handled_is_changed_at_once(
        self, session: Session, shop: Shop
    ) -> None:
        phones, alert = plugged(), raised(session, shop)
        self.accepted(session, alert, shop.manager)
        phones.deliver(session)
        phones.deliver(session)
        assert phones.changes(shop.manager)[0]["replace_text"] == "周敏处理中"

    def test_what_was_not_sent_leaves_no_code(self, session: Session, shop: Shop) -> None:
        card = Outbound(
            channel="wecom", kind="card", queue="urgent", purpose="alert",
            payload={"task_id": "nobody's"}, key="k",
        )  # fmt: skip
        raised(session, shop)
        alerts.card_sent(session, card, None)
        alerts.card_sent(session, card, Receipt("m1", "code"))  # of a database that is gone
        assert alerts.asked(session, acting(shop.manager)) is None


@pytest.mark.every_database
def test_an_alert_survives_the_journey_to_the_database(session: Session) -> None:
    customer = a_customer(session)
    new = New(AlertKind.LOW_SCORE, customer.id, FACTS)
    alert_id = alerts.raise_(session, SHOP, new, ref="r1").id
    session.commit()
    session.expire_all()
    kept = alerts.get(session, SHOP, alert_id)
    assert (kept.facts["headline"], kept.facts["rows"][0]) == ("服务 1 分", ["订单", "DD1"])
