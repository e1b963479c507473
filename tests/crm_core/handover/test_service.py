from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from sqlmodel import Session, select

from crm_core import clock
from crm_core.alerts import service as alerts
from crm_core.alerts.flow import InvalidStep
from crm_core.alerts.models import Alert, AlertKind, AlertState, Step
from crm_core.authz import Forbidden, Role, system
from crm_core.conversations import service as conversations
from crm_core.customers import service as customers
from crm_core.customers.models import Customer, IdentityKind
from crm_core.db import unit_of_work
from crm_core.handover import jobs
from crm_core.handover import service as handover
from crm_core.inbound.models import Inbound
from crm_core.outbox.models import Outbound
from crm_core.staff.models import Staff
from crm_core.tickets.models import ComplaintType, Ticket
from crm_core.timeline import service as timeline
from crm_core.timeline.models import EventKind
from tests.actions.talk import a_message
from tests.crm_core.shop import Shop
from tests.crm_core.staff_phones import plugged
from tests.factories import a_customer, a_staff, acting, themselves


def asked(session: Session, customer: Customer, words: str = "转人工") -> Alert:
    us = themselves(customer)
    handover.request(session, us, customer.id, words=words, ref=f"r{customer.id}")
    session.commit()
    alert = alerts.hand_over_of(session, customer.id)
    assert alert
    return alert


def silent(session: Session, customer: Customer) -> bool:
    session.rollback()
    return conversations.of_customer(session, customer.id).handed_over_at is not None


def said_to(session: Session, customer: Customer) -> list[tuple[str, str]]:
    """What the customer is sent, and by which channel."""
    session.rollback()
    rows = session.exec(select(Outbound).where(Outbound.customer_id == customer.id))
    return [(row.channel, row.payload["text"]) for row in rows]


class TestRequest:
    def test_silences_the_bot_and_calls_their_assistant(self, session: Session, shop: Shop) -> None:
        phones = plugged()
        alert = asked(session, shop.customer, "我要找人")
        phones.deliver(session)
        (card,) = phones.cards(shop.assistant)
        conversation = conversations.of_customer(session, shop.customer.id)
        assert silent(session, shop.customer)
        assert card["main_title"]["title"] == "顾客找人工"
        assert card["sub_title_text"] == "请求人工：我要找人"
        assert [(button["text"], button["key"]) for button in card["button_list"]] == [
            ("接手", f"handover:take:{conversation.id}"),
            ("交还机器人", f"handover:back:{conversation.id}"),
        ]
        assert phones.cards(shop.manager) == []
        assert alert.state is AlertState.OPEN

    def test_is_on_the_timeline(self, session: Session, shop: Shop) -> None:
        asked(session, shop.customer)
        assert len(timeline.latest(session, shop.customer.id, EventKind.HAND_OVER)) == 1

    def test_again_calls_nobody_again(self, session: Session, shop: Shop) -> None:
        phones, us = plugged(), themselves(shop.customer)
        called = [
            handover.request(session, us, shop.customer.id, ref=ref) for ref in ("r1", "r1", "r2")
        ]
        phones.deliver(session)
        assert [[one.id for one in each] for each in called] == [[shop.assistant.id]] * 3
        assert len(phones.received) == 1

    def test_calls_the_manager_where_the_assistant_has_left(
        self, session: Session, shop: Shop
    ) -> None:
        shop.assistant.left = True
        session.add(shop.assistant)
        called = handover.request(session, themselves(shop.customer), shop.customer.id, ref="r1")
        assert [one.name for one in called] == ["周敏"]

    @pytest.mark.parametrize("store", [True, False])
    def test_else_calls_whoever_serves_everybody(
        self, session: Session, shop: Shop, store: bool
    ) -> None:
        wanted = [a_staff(session, f"客服{role}", role=role) for role in (Role.SERVICE, Role.ADMIN)]
        shop.manager.left = True
        customer = a_customer(session, "赵敏")
        customer.store_id = shop.store.id if store else None
        session.add_all([customer, shop.manager])
        called = handover.request(session, themselves(customer), customer.id, ref="r1")
        assert {one.id for one in called} == {one.id for one in wanted}

    def test_only_for_themselves(self, session: Session, shop: Shop) -> None:
        with pytest.raises(Forbidden):
            handover.request(
                session, themselves(a_customer(session, "赵敏")), shop.customer.id, ref="r1"
            )


class TestTaking:
    def test_makes_it_theirs(self, session: Session, shop: Shop) -> None:
        alert = asked(session, shop.customer)
        for _ in range(2):
            handover.take(session, acting(shop.assistant), alert, ref="t")
        conversation = conversations.of_customer(session, shop.customer.id)
        assert conversation.handed_over_to == alert.owner_id == shop.assistant.id

    def test_what_somebody_has_is_theirs(self, session: Session, shop: Shop) -> None:
        alert = asked(session, shop.customer)
        handover.take(session, acting(shop.assistant), alert, ref="t")
        with pytest.raises(InvalidStep) as refused:
            handover.take(session, acting(shop.manager), alert, ref="t2")
        assert refused.value.values == {"step": "受理", "state": "处理中", "steps": "关闭"}

    def test_only_of_customers_they_may_see(self, session: Session, shop: Shop) -> None:
        alert = asked(session, shop.customer)
        with pytest.raises(Forbidden):
            handover.take(session, acting(a_staff(session, store=shop.store)), alert, ref="t")

    @pytest.mark.every_database
    def test_of_two_at_once_one_has_it(self, session: Session) -> None:
        two = [a_staff(session, f"客服{n}", role=Role.SERVICE) for n in range(2)]
        customer = a_customer(session)
        alert_id = asked(session, customer).id
        session.rollback()

        def take(member: Staff) -> bool:
            try:
                with unit_of_work() as work:
                    alert = alerts.lock(work, system("test"), alert_id)
                    handover.take(work, acting(member), alert, ref=f"t{member.id}")
            except InvalidStep:
                return False
            return True

        with ThreadPoolExecutor(2) as threads:
            assert sorted(threads.map(take, two)) == [False, True]


class TestGivingBack:
    def test_lets_the_bot_answer_and_says_so(self, session: Session, shop: Shop) -> None:
        alert = asked(session, shop.customer)
        us = acting(shop.assistant)
        handover.take(session, us, alert, ref="t")
        for _ in range(2):
            handover.give_back(session, us, alert, ref="b")
        session.commit()
        assert not silent(session, shop.customer)
        assert said_to(session, shop.customer) == [("oa", handover.BACK)]
        assert alert.state is AlertState.CLOSED

    def test_happens_once(self, session: Session, shop: Shop) -> None:
        alert = asked(session, shop.customer)
        handover.give_back(session, acting(shop.assistant), alert, ref="b")
        with pytest.raises(InvalidStep):
            handover.give_back(session, acting(shop.assistant), alert, ref="b2")
        with pytest.raises(InvalidStep) as refused:
            handover.take(session, acting(shop.assistant), alert, ref="t")
        assert refused.value.values["steps"] == "查看"

    def test_who_left_the_account_gets_a_text_message(self, session: Session, shop: Shop) -> None:
        alert = asked(session, shop.customer)
        customers.give_phone(session, shop.customer, "+8613812345678")
        customers.set_following(
            session, shop.customer.id, IdentityKind.OA_OPENID, "wx-tests", following=False
        )
        handover.give_back(session, acting(shop.assistant), alert, ref="b")
        session.commit()
        assert said_to(session, shop.customer) == [("sms", handover.BACK)]

    def test_who_cannot_be_reached_is_told_nothing(self, session: Session) -> None:
        service, customer = a_staff(session, role=Role.SERVICE), a_customer(session)
        handover.give_back(session, acting(service), asked(session, customer), ref="b")
        session.commit()
        assert said_to(session, customer) == []


class TestForwarding:
    def test_goes_to_all_who_were_told_until_one_takes_it(
        self, session: Session, shop: Shop
    ) -> None:
        phones = plugged()
        second = a_staff(session, "吴芳", role=Role.MANAGER, store=shop.store)
        shop.assistant.left = True
        session.add(shop.assistant)
        alert = asked(session, shop.customer)
        for text in ("在吗", "急"):
            handover.forward(session, a_message(session, shop.customer, text))
        handover.take(session, acting(second), alert, ref="t")
        handover.forward(session, a_message(session, shop.customer, "尺码发错了"))
        phones.deliver(session)
        assert phones.texts(shop.manager) == ["林**：在吗", "林**：急"]
        first, hurry, how, then = phones.texts(second)
        assert [first, hurry, then] == ["林**：在吗", "林**：急", "林**：尺码发错了"]
        assert all(command in how for command in ("「回复 您好」", "「结束接待」"))

    def test_repeats_nothing(self, session: Session, shop: Shop) -> None:
        phones = plugged()
        asked(session, shop.customer)
        message = a_message(session, shop.customer, "在吗")
        handover.forward(session, message)
        handover.forward(session, message)
        phones.deliver(session)
        assert len(phones.texts(shop.assistant)) == 1

    def test_says_what_kind_came_where_there_is_no_text(self, session: Session, shop: Shop) -> None:
        phones = plugged()
        asked(session, shop.customer)
        message = a_message(session, shop.customer)
        row = session.get_one(Inbound, message)
        row.kind, row.text = "image", None
        handover.forward(session, message)
        phones.deliver(session)
        assert phones.texts(shop.assistant) == ["林**：［图片］"]

    def test_what_nobody_was_called_for_goes_nowhere(self, session: Session, shop: Shop) -> None:
        phones = plugged()
        handover.forward(session, a_message(session, shop.customer, "在吗"))
        handover.forward(session, a_message(session, shop.assistant, "在吗"))
        phones.deliver(session)
        assert phones.received == []


class TestUntaken:
    def wait(self, minutes: float) -> None:
        clock.set_to(clock.now() + timedelta(minutes=minutes))
        jobs.give_back_untaken()

    def test_after_half_an_hour_a_complaint_is_opened_and_the_bot_is_back(
        self, session: Session, shop: Shop
    ) -> None:
        phones = plugged()
        asked(session, shop.customer, "衣服起球没人管")
        self.wait(30)
        self.wait(1)
        assert not silent(session, shop.customer)
        ticket = session.exec(select(Ticket)).one()
        ((channel, text),) = said_to(session, shop.customer)
        assert (channel, ticket.type) == ("oa", ComplaintType.QUALITY)
        assert ticket.description == "顾客请求人工服务，没有人及时接手：衣服起球没人管"
        assert ticket.number in text
        phones.deliver(session)
        assert [card["main_title"]["title"] for card in phones.cards(shop.manager)] == ["顾客投诉"]

    def test_not_before(self, session: Session, shop: Shop) -> None:
        asked(session, shop.customer)
        self.wait(29)
        assert silent(session, shop.customer)

    def test_not_what_somebody_has_taken(self, session: Session, shop: Shop) -> None:
        alert = asked(session, shop.customer)
        handover.take(session, acting(shop.assistant), alert, ref="t")
        session.commit()
        self.wait(60)
        assert silent(session, shop.customer)

    def test_not_what_is_taken_meanwhile(self, session: Session, shop: Shop) -> None:
        alert = asked(session, shop.customer)
        handover.take(session, acting(shop.assistant), alert, ref="t")
        assert handover.give_back_untaken(session, system("test"), alert.id) is None

    def test_other_alerts_are_left_alone(self, session: Session, shop: Shop) -> None:
        new = alerts.New(AlertKind.LOW_SCORE, shop.customer.id, alerts.Facts("服务 1 分"))
        alert = alerts.raise_(session, system("test"), new, ref="r1")
        session.commit()
        self.wait(60)
        session.refresh(alert)
        assert alert.state is AlertState.OPEN


def test_the_steps_of_a_hand_over(session: Session, shop: Shop) -> None:
    alert = asked(session, shop.customer)
    assert handover.steps_from(alert) == [Step.ACCEPT]
