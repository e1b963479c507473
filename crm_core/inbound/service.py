"""Messages that came in: kept once, answered in order, and known by who sent them."""

from datetime import datetime

from sqlmodel import Session, func, select

from crm_core.authz import Actor, Role
from crm_core.customers import service as customers
from crm_core.inbound.keeping import keep
from crm_core.inbound.messages import Answer, Finished, Kept, Message, Sender, Turn
from crm_core.inbound.models import Inbound
from crm_core.inbound.running import LEASE, claim, cut_off, finish, give_up_waiting
from crm_core.staff import service as staff

__all__ = [
    "LEASE", "Answer", "Finished", "Kept", "Message", "Sender", "Turn", "channel", "claim",
    "counts", "cut_off", "find", "finish", "give_up_waiting", "keep", "receive", "sender",
]  # fmt: skip


def receive(session: Session, message: Message) -> tuple[Inbound, bool]:
    """Keep a message; returns its row and whether it is new. A retry returns the first row."""
    kept = keep(session, message)
    return session.get_one(Inbound, kept.inbound_id, populate_existing=True), kept.new


def find(session: Session, channel: str, account: str, message_id: str) -> Inbound | None:
    """The stored message with this platform id."""
    wanted = select(Inbound).where(
        Inbound.channel == channel, Inbound.account == account, Inbound.message_id == message_id
    )
    return session.exec(wanted).one_or_none()


def counts(session: Session, *, since: datetime) -> dict[str, int]:
    """How many messages were kept and how many turns were begun since a moment."""
    wanted = select(func.count(), func.coalesce(func.sum(Inbound.attempts), 0)).where(
        Inbound.received_at >= since
    )
    kept, turns = session.exec(wanted).one()
    return {"inbound": int(kept), "turns": int(turns)}


def sender(session: Session, inbound_id: int) -> Actor:
    """The actor who sent a stored message: a customer, who may act for itself, or staff."""
    row = session.get_one(Inbound, inbound_id)
    if row.staff_id is not None:
        return staff.actor_of(staff.get(session, row.staff_id))
    assert row.customer_id is not None
    customer_id = customers.heir(session, row.customer_id)  # a join may have overtaken the message
    return Actor(f"customer:{customer_id}", Role.CUSTOMER, customer_id=customer_id)


def channel(session: Session, inbound_id: int) -> str:
    """By which channel a stored message came: "oa", "wecom"."""
    return session.get_one(Inbound, inbound_id).channel


def received_at(session: Session, inbound_id: int) -> datetime:
    """When a stored message came."""
    return session.get_one(Inbound, inbound_id).received_at
