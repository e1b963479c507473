"""Messages that came in: kept once, answered in order, and known by who sent them."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlmodel import Session, col, func, select

from crm_core.authz import Actor, Role
from crm_core.clock import now
from crm_core.conversations import service as conversations
from crm_core.conversations.models import Conversation
from crm_core.customers import service as customers
from crm_core.customers.models import IdentityKind
from crm_core.inbound.models import Inbound, InboundState
from crm_core.staff import service as staff
from crm_core.timeline import service as timeline
from crm_core.timeline.models import EventKind

LEASE = timedelta(seconds=30)  # a turn that takes longer was cut off
MOST_ATTEMPTS = 3


@dataclass(frozen=True)
class Sender:
    """Who the channel says wrote: an identity of a customer, or a member of staff's id."""

    identity: IdentityKind | None = None
    value: str = ""
    staff_id: int | None = None


@dataclass(frozen=True)
class Message:
    """What a channel adapter makes of one callback."""

    channel: str
    account: str
    message_id: str  # unique within channel and account; a retry carries the same
    sender: Sender
    kind: str
    sent_at: datetime
    text: str | None = None
    data: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Turn:
    """What the dialogue is asked: one inbound of one conversation, and the state to go on from."""

    inbound_id: int
    conversation_id: int
    public_id: str
    role: Role
    kind: str
    text: str | None
    data: dict[str, Any]
    state: dict[str, Any] | None
    silent: bool  # a person has taken over
    at: datetime


@dataclass(frozen=True)
class Answer:
    """How a turn ended."""

    replies: list[dict[str, Any]]
    state: dict[str, Any] | None = None
    intent: str | None = None
    entities: list[dict[str, Any]] = field(default_factory=list)
    failed: bool = False


def receive(session: Session, message: Message) -> tuple[Inbound, bool]:
    """Keep a message; returns its row and whether it is new. A retry returns the first row.

    The caller must not have received the same message in a concurrent transaction that is still
    open; if it has, the unique key raises IntegrityError and the caller asks again.
    """
    if known := find(session, message.channel, message.account, message.message_id):
        return known, False
    conversation, customer_id = _conversation(session, message)
    row = Inbound(
        channel=message.channel,
        account=message.account,
        message_id=message.message_id,
        conversation_id=conversation.id,
        customer_id=customer_id,
        staff_id=message.sender.staff_id,
        kind=message.kind,
        text=message.text,
        data=message.data or None,
        sent_at=message.sent_at,
    )
    session.add(row)
    session.flush()
    if customer_id is not None:
        timeline.add(session, customer_id, EventKind.MESSAGE, ref=f"inbound:{row.id}")
    return row, True


def find(session: Session, channel: str, account: str, message_id: str) -> Inbound | None:
    """The stored message with this platform id."""
    wanted = select(Inbound).where(
        Inbound.channel == channel, Inbound.account == account, Inbound.message_id == message_id
    )
    return session.exec(wanted).one_or_none()


def claim(session: Session, conversation_id: int) -> Turn | None:
    """Take the conversation's next turn; None if there is none or one is running.

    A turn whose claim is older than LEASE was cut off and is taken again, MOST_ATTEMPTS times.
    """
    conversation = conversations.lock(session, conversation_id)
    for row in _unfinished(session, conversation_id):
        if row.state is InboundState.RUNNING and not _is_cut_off(row):
            return None
        if row.attempts >= MOST_ATTEMPTS:
            row.state, row.done_at = InboundState.FAILED, now()
            continue
        row.state, row.claimed_at = InboundState.RUNNING, now()
        row.attempts += 1
        return _turn(session, row, conversation)
    return None


def finish(session: Session, inbound_id: int, answer: Answer) -> Inbound:
    """Keep a turn's answer and the dialogue's new state. The caller sends the answer if `late`."""
    row = session.exec(select(Inbound).where(Inbound.id == inbound_id).with_for_update()).one()
    row.state = InboundState.FAILED if answer.failed else InboundState.DONE
    row.replies, row.intent, row.entities = answer.replies, answer.intent, answer.entities
    row.done_at = now()
    if not answer.failed:
        conversation = conversations.lock(session, row.conversation_id)
        conversations.keep_state(conversation, answer.state)
    return row


def give_up_waiting(session: Session, inbound_id: int) -> Inbound:
    """Nobody waits for the answer any more; if it is not there yet, it will be sent later."""
    row = session.exec(select(Inbound).where(Inbound.id == inbound_id).with_for_update()).one()
    if row.state not in {InboundState.DONE, InboundState.FAILED}:
        row.late = True
    return row


def cut_off(session: Session) -> list[int]:
    """Conversations that have a turn waiting which nobody runs any more."""
    unfinished = col(Inbound.state).in_([InboundState.PENDING, InboundState.RUNNING])
    before = now() - LEASE
    stale = select(Inbound.conversation_id).where(unfinished, Inbound.received_at < before)
    return sorted(set(session.exec(stale)))


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


def _conversation(session: Session, message: Message) -> tuple[Conversation, int | None]:
    who = message.sender
    if who.staff_id is not None:
        return conversations.of_staff(session, who.staff_id), None
    assert who.identity is not None
    customer, _ = customers.arrive(
        session, who.identity, who.value, account=message.account, source=message.channel
    )
    return conversations.of_customer(session, customer.id), customer.id


def _unfinished(session: Session, conversation_id: int) -> list[Inbound]:
    unfinished = col(Inbound.state).in_([InboundState.PENDING, InboundState.RUNNING])
    wanted = select(Inbound).where(Inbound.conversation_id == conversation_id, unfinished)
    return list(session.exec(wanted.order_by(col(Inbound.id)).with_for_update()))


def _is_cut_off(row: Inbound) -> bool:
    return row.claimed_at is None or now() - row.claimed_at > LEASE


def _turn(session: Session, row: Inbound, conversation: Conversation) -> Turn:
    return Turn(
        inbound_id=row.id,
        conversation_id=conversation.id,
        public_id=conversation.public_id,
        role=sender(session, row.id).role,
        kind=row.kind,
        text=row.text,
        data=row.data or {},
        state=conversations.state(conversation),
        silent=conversation.handed_over_at is not None and row.staff_id is None,
        at=row.received_at,
    )
