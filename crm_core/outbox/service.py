"""Queueing messages; they leave after the transaction that caused them has committed."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlmodel import Session, col, func, select

from crm_core import queues
from crm_core.clock import now
from crm_core.db import after_commit
from crm_core.outbox import jobs
from crm_core.outbox.models import Outbound, OutboundState


@dataclass(frozen=True)
class Recipient:
    """By which channel ("oa", "oa_mass", "wecom", "sms"), to which openid, user id or phone."""

    channel: str
    address: str | None = None
    customer_id: int | None = None
    staff_id: int | None = None


@dataclass(frozen=True)
class Content:
    """What is sent: the kind ("text", "replies", "markdown", "card"…) says what the payload is."""

    kind: str
    payload: dict[str, Any]


def queue(
    session: Session,
    to: Recipient,
    content: Content,
    *,
    key: str,
    purpose: str,
    lane: str = queues.DEFAULT,
    not_before: datetime | None = None,
) -> Outbound:
    """Add a message; `key` names its cause, and a repeat of it returns the first row.

    `lane` is the RQ queue; with `not_before` the sweeper sends it, else a worker does at once.
    """
    if known := session.exec(select(Outbound).where(Outbound.key == key)).one_or_none():
        return known
    row = Outbound(
        channel=to.channel,
        kind=content.kind,
        queue=lane,
        purpose=purpose,
        customer_id=to.customer_id,
        staff_id=to.staff_id,
        address=to.address,
        payload=content.payload,
        key=key,
        next_at=not_before or now(),
    )
    session.add(row)
    session.flush()  # gives the job an id
    if not_before is None:
        after_commit(session, jobs.deliver, row.id, queue=lane)
    return row


def gone_at(session: Session, ids: Collection[int]) -> dict[int, datetime]:
    """When each of these messages went out, or may have; those that did not are left out."""
    rows = session.exec(select(Outbound).where(col(Outbound.id).in_(ids), _gone)).all()
    return {row.id: row.sent_at or row.claimed_at or row.created_at for row in rows}


def left_at(session: Session, key: str) -> datetime | None:
    """When the message of this cause went out, or may have; None if it did not."""
    ids = session.exec(select(Outbound.id).where(Outbound.key == key)).all()
    return next(iter(gone_at(session, ids).values()), None)


def sent_since(session: Session, customer_id: int, channel: str, since: datetime) -> int:
    """How many messages went, or may have gone, to a customer by a channel since a moment."""
    wanted = select(func.count()).where(
        Outbound.customer_id == customer_id,
        Outbound.channel == channel,
        _gone,
        Outbound.created_at >= since,
    )
    return session.exec(wanted).one()


def sent_in_all(session: Session, *, since: datetime) -> int:
    """How many messages were sent since a moment."""
    wanted = select(func.count()).where(
        Outbound.state == OutboundState.SENT, col(Outbound.sent_at) >= since
    )
    return session.exec(wanted).one()


_gone = col(Outbound.state).in_([OutboundState.SENT, OutboundState.SENDING, OutboundState.UNKNOWN])
