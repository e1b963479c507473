from typing import Any

import pytest
from sqlmodel import Session, select

from crm_core.alerts import handling
from crm_core.alerts import service as alerts
from crm_core.alerts.flow import InvalidStep
from crm_core.alerts.models import Alert, AlertKind, AlertState, AlertStep, Step
from crm_core.alerts.service import Facts, New
from crm_core.audit.models import AuditEntry
from crm_core.authz import Role, system
from crm_core.conversations import service as conversations
from crm_core.desk import service as desk
from crm_core.desk.service import Click
from crm_core.handover import service as handover
from crm_core.staff.models import Staff
from crm_core.tickets import service as tickets
from crm_core.tickets.models import Ticket, TicketState
from tests.crm_core.shop import Shop
from tests.crm_core.staff_phones import Phones, plugged
from tests.factories import a_staff, acting, themselves

SHOP = system("test")


@pytest.fixture
def phones() -> Phones:
    return plugged()


def a_low_score(session: Session, shop: Shop) -> Alert:
    new = New(AlertKind.LOW_SCORE, shop.customer.id, Facts("服务 1 分"), store_id=shop.store.id)
    return alerts.raise_(session, SHOP, new, ref="low")


def a_complaint(session: Session, shop: Shop) -> Ticket:
    us = themselves(shop.customer)
    return tickets.open_(session, us, shop.customer.id, tickets.Case("起球"), ref="t")


def a_call(session: Session, shop: Shop) -> Alert:
    handover.request(session, themselves(shop.customer), shop.customer.id, ref="h")
    return session.exec(select(Alert)).one()


def tap(
    session: Session,
    phones: Phones,
    member: Staff,
    button: str,
    *,
    code: str | None = "fresh",
    **more: Any,
) -> None:
    """Tap a button, by its text, on the newest look of the card this person got."""
    phones.deliver(session)
    card = (phones.changes(member) or phones.cards(member))[-1]
    (key,) = (one["key"] for one in card["button_list"] if one["text"] == button)
    click = Click(key, card["task_id"], code, **more)
    desk.clicked(session, acting(member), click, ref=f"click:{button}:{member.id}:{code}")
    phones.deliver(session)


class TestTaps:
    def test_accepting_updates_the_record_and_every_managers_card(
        self, session: Session, shop: Shop, phones: Phones
    ) -> None:
        second = a_staff(session, "吴芳", role=Role.MANAGER, store=shop.store)
        alert = a_low_score(session, shop)
        tap(session, phones, shop.manager, "受理")
        assert (alert.state, alert.owner_id) == (AlertState.ACCEPTED, shop.manager.id)
        for member in (shop.manager, second):
            assert [card["replace_text"] for card in phones.changes(member)] == ["周敏处理中"]

    def test_the_codes_of_the_tap_and_of_the_sending_are_used(
        self, session: Session, shop: Shop, phones: Phones
    ) -> None:
        second = a_staff(session, "吴芳", role=Role.MANAGER, store=shop.store)
        a_low_score(session, shop)
        tap(session, phones, shop.manager, "受理")
        codes = {
            row.address: row.payload["response_code"]
            for row in phones.received
            if row.kind == "card_update"
        }
        assert codes[shop.manager.wecom_userid] == "fresh"
        assert codes[second.wecom_userid].startswith("code")

    def test_accepting_a_complaint_moves_the_ticket(
        self, session: Session, shop: Shop, phones: Phones
    ) -> None:
        ticket = a_complaint(session, shop)
        tap(session, phones, shop.manager, "受理")
        session.refresh(ticket)
        assert (ticket.state, ticket.owner_id) == (TicketState.ACCEPTED, shop.manager.id)

    def test_a_retry_of_the_platform_changes_nothing(
        self, session: Session, shop: Shop, phones: Phones
    ) -> None:
        a_low_score(session, shop)
        phones.deliver(session)
        card = phones.cards(shop.manager)[0]
        click = Click(card["button_list"][0]["key"], card["task_id"], "fresh")
        for _ in range(2):
            desk.clicked(session, acting(shop.manager), click, ref="same")
        phones.deliver(session)
        assert len(session.exec(select(AlertStep)).all()) == 1
        assert len(phones.changes(shop.manager)) == 1

    def test_transferring_to_who_was_chosen(
        self, session: Session, shop: Shop, phones: Phones
    ) -> None:
        alert = a_low_score(session, shop)
        chosen = {"assistant": [str(shop.assistant.id)]}
        tap(session, phones, shop.manager, "转交", selected=chosen)
        assert (alert.state, alert.owner_id) == (AlertState.ACCEPTED, shop.assistant.id)
        assert phones.changes(shop.manager)[0]["replace_text"] == "陈静处理中"
        assert "转给您跟进" in phones.texts(shop.assistant)[0]

    @pytest.mark.parametrize("selected", [{}, {"assistant": ["0"]}, {"assistant": ["x"]}])
    def test_transferring_to_nobody_asks_to_whom(
        self, session: Session, shop: Shop, phones: Phones, selected: dict[str, list[str]]
    ) -> None:
        alert = a_low_score(session, shop)
        tap(session, phones, shop.manager, "转交", selected=selected)
        asked = alerts.asked(session, acting(shop.manager))
        assert asked is not None
        assert (asked.id, asked.state) == (alert.id, AlertState.OPEN)
        assert "转给谁" in phones.texts(shop.manager)[0]
        assert phones.changes(shop.manager) == []  # and can still be tapped

    def test_what_was_asked_is_forgotten_once_it_is_answered(
        self, session: Session, shop: Shop, phones: Phones
    ) -> None:
        alert = a_low_score(session, shop)
        tap(session, phones, shop.manager, "转交")
        desk.handle(
            session, acting(shop.manager), alert.id, Step.TRANSFER, to=shop.assistant, ref="chat"
        )
        assert alerts.asked(session, acting(shop.manager)) is None

    def test_a_tap_too_late_shows_how_it_stands(
        self, session: Session, shop: Shop, phones: Phones
    ) -> None:
        second = a_staff(session, "吴芳", role=Role.MANAGER, store=shop.store)
        alert = a_low_score(session, shop)
        phones.deliver(session)
        late = phones.cards(second)[0]
        tap(session, phones, shop.manager, "受理")
        click = Click(late["button_list"][0]["key"], late["task_id"], "second")
        desk.clicked(session, acting(second), click, ref="late")
        phones.deliver(session)
        assert alert.owner_id == shop.manager.id
        assert phones.changes(second)[-1]["replace_text"] == "周敏处理中"

    def test_who_may_not_any_more_is_noted_and_changes_nothing(
        self, session: Session, shop: Shop, phones: Phones
    ) -> None:
        alert = a_low_score(session, shop)
        phones.deliver(session)
        shop.manager.role = Role.ASSISTANT
        session.add(shop.manager)
        tap(session, phones, shop.manager, "受理")
        assert alert.state is AlertState.OPEN
        refused = session.exec(select(AuditEntry).where(AuditEntry.refused)).one()
        assert (refused.action, refused.subject) == ("alert:handle", f"alert:{alert.id}")
        assert "replace_text" not in phones.changes(shop.manager)[0]

    def test_somebody_elses_card_does_nothing(
        self, session: Session, shop: Shop, phones: Phones
    ) -> None:
        alert = a_low_score(session, shop)
        phones.deliver(session)
        card = phones.cards(shop.manager)[0]
        for member, task_id in ((shop.assistant, card["task_id"]), (shop.manager, "gone")):
            click = Click(card["button_list"][0]["key"], task_id, "fresh")
            desk.clicked(session, acting(member), click, ref="r")
        assert alert.state is AlertState.OPEN

    def test_a_button_that_is_not_ours_does_nothing(
        self, session: Session, shop: Shop, phones: Phones
    ) -> None:
        alert = a_low_score(session, shop)
        phones.deliver(session)
        task_id = phones.cards(shop.manager)[0]["task_id"]
        desk.clicked(session, acting(shop.manager), Click("vote:1", task_id), ref="r")
        assert alert.state is AlertState.OPEN


class TestHandOver:
    def test_who_takes_it_can_give_it_back(
        self, session: Session, shop: Shop, phones: Phones
    ) -> None:
        alert = a_call(session, shop)
        tap(session, phones, shop.assistant, "接手", code="one")
        (card,) = phones.changes(shop.assistant)
        assert [button["text"] for button in card["button_list"]] == ["交还机器人"]
        assert "replace_text" not in card
        tap(session, phones, shop.assistant, "交还机器人", code="two")
        conversation = conversations.of_customer(session, shop.customer.id)
        assert conversation.handed_over_at is None
        assert alert.state is AlertState.CLOSED
        assert phones.changes(shop.assistant)[-1]["replace_text"] == "已关闭"

    def test_the_others_see_who_took_it(self, session: Session, shop: Shop, phones: Phones) -> None:
        shop.assistant.left = True
        session.add(shop.assistant)
        second = a_staff(session, "吴芳", role=Role.MANAGER, store=shop.store)
        a_call(session, shop)
        tap(session, phones, second, "接手")
        assert phones.changes(shop.manager)[-1]["replace_text"] == "吴芳处理中"

    def test_is_handled_by_chat_too(self, session: Session, shop: Shop) -> None:
        alert, manager = a_call(session, shop), acting(shop.manager)
        desk.handle(session, manager, alert.id, Step.ACCEPT, ref="a")
        assert desk.steps_from(alert) == [Step.CLOSE]
        desk.handle(session, manager, alert.id, Step.CLOSE, ref="c")
        assert alert.state is AlertState.CLOSED

    def test_is_not_rectified(self, session: Session, shop: Shop) -> None:
        with pytest.raises(InvalidStep) as refused:
            desk.handle(
                session, acting(shop.manager), a_call(session, shop).id, Step.RECTIFY, ref="r"
            )
        assert refused.value.values["steps"] == "受理"


def test_a_low_score_is_handled_by_chat(session: Session, shop: Shop) -> None:
    alert, manager = a_low_score(session, shop), acting(shop.manager)
    for step in (Step.ACCEPT, Step.RECTIFY, Step.VERIFY, Step.CLOSE):
        assert step in desk.steps_from(alert)
        desk.handle(session, manager, alert.id, step, note="道歉了", ref=step.value)
    assert alert.state is AlertState.CLOSED
    notes = {one.note for one in session.exec(select(AlertStep))}
    assert notes == {"道歉了"}


def test_what_is_handled_as_a_complaint_shows_on_its_card(
    session: Session, shop: Shop, phones: Phones
) -> None:
    ticket = a_complaint(session, shop)
    phones.deliver(session)
    tickets.handle(session, acting(shop.manager), ticket.id, Step.ACCEPT, ref="a")
    phones.deliver(session)
    assert phones.changes(shop.manager)[0]["replace_text"] == "周敏处理中"


def test_words_added_after_a_tap_move_nothing(session: Session, shop: Shop) -> None:
    alert = a_low_score(session, shop)
    handling.add_words(session, SHOP, alert, "没人理我", ref="w")
    assert desk.steps_from(alert) == [Step.ACCEPT, Step.TRANSFER]
