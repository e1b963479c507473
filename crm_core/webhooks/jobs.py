"""Telling receivers. Jobs may run late, twice or side by side; the row decides.

A delivery that was cut off is made again: receivers drop what they had already by its id.
"""

from datetime import timedelta
from http import HTTPStatus

import orjson
import structlog
from sqlmodel import Session, col, select, update

from crm_core import queues
from crm_core.clock import now
from crm_core.db import reading, unit_of_work
from crm_core.webhooks import ports, signing
from crm_core.webhooks.models import Delivery, DeliveryState, Webhook

logger = structlog.get_logger(__name__)

PATIENCE = timedelta(days=3)  # after it a delivery is given up
LEASE = timedelta(seconds=60)  # a call that takes longer was cut off
_FIRST_PAUSE = timedelta(seconds=5)
_LONGEST_PAUSE = timedelta(hours=6)
_GROWTH = 4
_SWEEP_LIMIT = 500


def deliver(delivery_id: int) -> None:
    """Make one pending delivery; a run that loses the claim does nothing."""
    with unit_of_work() as session:
        if (row := _claim(session, delivery_id)) is None:
            return
        receiver = session.get_one(Webhook, row.webhook_id)
    status, error = _call(receiver, row)  # no transaction is open during the call
    with unit_of_work() as session:
        _record(session, delivery_id, status, error)


def sweep() -> None:
    """Take up again what was cut off; enqueue what is due and in no queue."""
    with unit_of_work() as session:
        cut_off = Delivery.state == DeliveryState.SENDING, col(Delivery.claimed_at) < now() - LEASE
        for row in session.exec(select(Delivery).where(*cut_off).with_for_update()).all():
            row.state = DeliveryState.PENDING
    with reading() as session:
        is_due = Delivery.state == DeliveryState.PENDING, Delivery.next_at <= now()
        wanted = select(Delivery.id).where(*is_due).order_by(col(Delivery.next_at))
        due = session.exec(wanted.limit(_SWEEP_LIMIT)).all()
    queued = queues.waiting(queues.DEFAULT) if due else set()
    for delivery_id in due:
        if queues.job_id(deliver, delivery_id) not in queued:
            queues.enqueue(queues.DEFAULT, deliver, delivery_id)


def body(row: Delivery) -> bytes:
    """What is sent, and signed: byte for byte the same at every attempt."""
    told = {"type": row.event, "timestamp": row.created_at.isoformat(), "data": row.data}
    return orjson.dumps(told)


def _claim(session: Session, delivery_id: int) -> Delivery | None:
    """Of several runs one wins: the conditional UPDATE is the lock."""
    pending = (
        col(Delivery.id) == delivery_id,
        col(Delivery.state) == DeliveryState.PENDING,
        col(Delivery.next_at) <= now(),
    )
    values = {
        "state": DeliveryState.SENDING,
        "claimed_at": now(),
        "attempts": col(Delivery.attempts) + 1,
    }
    if session.exec(update(Delivery).where(*pending).values(**values)).rowcount == 0:
        return None
    return session.get_one(Delivery, delivery_id)


def _call(receiver: Webhook, row: Delivery) -> tuple[int | None, str | None]:
    if not receiver.active:
        return None, "removed"
    sent = body(row)
    headers = signing.headers(receiver.secret, row.event_id, now(), sent)
    try:
        status = ports.post(receiver.url, headers, sent)
    except ports.Unreachable as error:
        return None, str(error)
    is_taken = HTTPStatus.OK <= status < HTTPStatus.MULTIPLE_CHOICES
    return status, None if is_taken else f"answered {status}"


def _record(session: Session, delivery_id: int, status: int | None, error: str | None) -> None:
    wanted = select(Delivery).where(Delivery.id == delivery_id).with_for_update()
    row = session.exec(wanted).one()
    row.status, row.error = status, error and error[:255]
    gives_up_at = row.tried_since + PATIENCE
    if error is None:
        row.state, row.delivered_at = DeliveryState.DELIVERED, now()
    elif now() >= gives_up_at or error == "removed":
        row.state = DeliveryState.FAILED
        logger.warning("webhook given up", delivery=row.id, error=error)
    else:
        row.state, row.next_at = DeliveryState.PENDING, min(now() + _pause(row), gives_up_at)


def _pause(row: Delivery) -> timedelta:
    """5 s, 20 s, 80 s … up to 6 h."""
    grown: int = _GROWTH ** min(row.attempts - 1, 10)
    return min(_FIRST_PAUSE * grown, _LONGEST_PAUSE)
