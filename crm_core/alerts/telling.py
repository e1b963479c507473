"""Telling staff about alerts: whom, by cards they can act on, and keeping those cards true."""

import hashlib
import secrets
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from sqlmodel import Session, col, select

from crm_core import queues
from crm_core.alerts import cards
from crm_core.alerts.models import Alert, AlertCard, AlertKind, AlertState
from crm_core.authz import Actor, Permission, Role, system
from crm_core.clock import now
from crm_core.conversations import service as conversations
from crm_core.customers import service as customers
from crm_core.outbox import service as outbox
from crm_core.outbox.models import Outbound
from crm_core.outbox.ports import Receipt
from crm_core.staff import service as staff
from crm_core.staff.models import Staff
from crm_core.stores import service as stores

CODE_LIVES = timedelta(hours=72)  # doc 94945: once, within 72 hours
_PURPOSE = "alert"


def managers(session: Session, store_id: int | None) -> Sequence[Staff]:
    """Who looks after a shop: its managers, else headquarters."""
    if store_id is not None:
        found = staff.working(session, store_id=store_id, role=Role.MANAGER)
        if found:
            return found
    return staff.working(session, role=Role.ADMIN)


def send_cards(session: Session, alert: Alert, to: Sequence[Staff]) -> None:
    """Queue a card about a new alert for each of these people, at once."""
    for member in to:
        # random, because a fresh database would use numbers again that WeCom has seen (42014)
        card = AlertCard(
            alert_id=alert.id,
            staff_id=member.id,
            task_id=f"alert-{alert.id}-{secrets.token_hex(8)}",
        )
        session.add(card)
        session.flush()
        drawn = _drawn(session, alert, card)
        _queue(session, member, "card", drawn, key=f"alert-card:{card.id}")


def told(session: Session, alert: Alert) -> Sequence[Staff]:
    """Who got a card about it."""
    ids = [card.staff_id for card in _cards(session, alert)]
    return [member for member in staff.working(session) if member.id in ids]


def card_sent(session: Session, row: Outbound, receipt: Receipt | None) -> None:
    """The outbox's listener: keep the code with which the card can be changed once."""
    if row.kind != "card" or receipt is None or receipt.response_code is None:
        return
    card = _card(session, str(row.payload["task_id"]))
    if card is None or card.response_code is not None:
        return
    _keep_code(card, receipt.response_code)
    alert = session.get_one(Alert, card.alert_id)
    if alert.state is not AlertState.OPEN:  # handled while the card was on its way
        refresh(session, alert)


def clicked(session: Session, actor: Actor, task_id: str, code: str | None) -> AlertCard | None:
    """The card that was clicked, with the fresh code that the click brought; None if not theirs."""
    card = _card(session, task_id)
    if card is None or card.staff_id != actor.staff_id:
        return None
    if code:
        _keep_code(card, code)
    return card


def refresh(session: Session, alert: Alert) -> None:
    """Let every card about an alert that can still be changed show how it stands."""
    for card in _cards(session, alert):
        card.asked_at = None
        refresh_card(session, alert, card)


def refresh_card(session: Session, alert: Alert, card: AlertCard) -> None:
    """Let one card show how it stands, if it can still be changed."""
    code = card.response_code
    if code is None or card.code_at is None or now() - card.code_at >= CODE_LIVES:
        return
    session.flush()
    payload = {"response_code": code, "template_card": _drawn(session, alert, card)}
    digest = hashlib.sha256(code.encode()).hexdigest()[:32]
    member = staff.get(session, card.staff_id)
    _queue(session, member, "card_update", payload, key=f"alert-card:{card.id}:{digest}")
    card.response_code = card.code_at = None


def write(session: Session, to: Sequence[Staff], text: str, *, key: str) -> None:
    """Queue a plain message to each of these people; repeating a key sends nothing more."""
    for member in to:
        _queue(session, member, "text", {"text": text}, key=f"{key}:{member.id}")


def customer_of(session: Session, alert: Alert) -> str:
    """How the alert's customer is named to staff: masked."""
    customer = customers.get(session, system("alert"), Permission.CUSTOMER_READ, alert.customer_id)
    return customers.masked(customer)


def owner_of(session: Session, alert: Alert) -> str | None:
    """The name of who has it in hand."""
    return staff.get(session, alert.owner_id).name if alert.owner_id else None


def _face(session: Session, alert: Alert, task_id: str) -> dict[str, Any]:
    return cards.faced(
        alert,
        task_id,
        customer=customer_of(session, alert),
        store=stores.get(session, alert.store_id).name if alert.store_id else "",
        owner=owner_of(session, alert),
    )


def _drawn(session: Session, alert: Alert, card: AlertCard) -> dict[str, Any]:
    """The card as it has to look now."""
    face = _face(session, alert, card.task_id)
    if alert.state is AlertState.OPEN:
        return cards.live(
            alert, face, _conversation_id(session, alert), _assistants(session, alert)
        )
    in_hand = alert.state is AlertState.ACCEPTED and card.staff_id == alert.owner_id
    if alert.kind is AlertKind.HAND_OVER and in_hand:
        return cards.returnable(face, _conversation_id(session, alert))
    return cards.settled(alert, face, owner_of(session, alert))


def _conversation_id(session: Session, alert: Alert) -> int:
    return conversations.of_customer(session, alert.customer_id).id


def _assistants(session: Session, alert: Alert) -> Sequence[Staff]:
    """To whom it can be transferred from the card."""
    if alert.store_id is None:
        return []
    return staff.working(session, store_id=alert.store_id, role=Role.ASSISTANT)


def _cards(session: Session, alert: Alert) -> Sequence[AlertCard]:
    about_it = select(AlertCard).where(AlertCard.alert_id == alert.id)
    return session.exec(about_it.order_by(col(AlertCard.id))).all()


def _card(session: Session, task_id: str) -> AlertCard | None:
    return session.exec(select(AlertCard).where(AlertCard.task_id == task_id)).one_or_none()


def _keep_code(card: AlertCard, code: str) -> None:
    card.response_code, card.code_at = code, now()


def _queue(session: Session, to: Staff, kind: str, payload: dict[str, Any], *, key: str) -> None:
    outbox.queue(
        session,
        outbox.Recipient("wecom", to.wecom_userid, staff_id=to.id),
        outbox.Content(kind, payload),
        key=key,
        purpose=_PURPOSE,
        lane=queues.URGENT,
    )
