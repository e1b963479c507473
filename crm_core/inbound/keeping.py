"""Storing a message and taking up its turn, in few statements: every message passes here.

Statements are Core, not ORM: a unit of work of the ORM costs more than the rest of a callback.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, bindparam, insert, or_, select
from sqlmodel import Session

from crm_core import crypto
from crm_core.authz import Role
from crm_core.clock import now
from crm_core.conversations import service as conversations
from crm_core.conversations.models import Conversation
from crm_core.customers import service as customers
from crm_core.customers.models import Identity
from crm_core.inbound.messages import Kept, Message, Turn
from crm_core.inbound.models import Inbound, InboundState
from crm_core.staff import service as staff
from crm_core.timeline import service as timeline
from crm_core.timeline.models import EventKind

inbounds = Inbound.__table__  # type: ignore[attr-defined]
talks = Conversation.__table__  # type: ignore[attr-defined]
_identities = Identity.__table__  # type: ignore[attr-defined]
UNFINISHED = (InboundState.PENDING, InboundState.RUNNING)
unfinished = or_(*(inbounds.c.state == state for state in UNFINISHED))

# Built once: building a statement costs as much as running it.
_KNOWN = select(inbounds.c.id, inbounds.c.customer_id, inbounds.c.staff_id).where(
    inbounds.c.channel == bindparam("channel"),
    inbounds.c.account == bindparam("account"),
    inbounds.c.message_id == bindparam("message_id"),
)
_TALK_OF = (
    select(
        _identities.c.customer_id,
        _identities.c.id.label("identity_id"),
        talks.c.id,
        talks.c.public_id,
        talks.c.state,
        talks.c.state_at,
        talks.c.handed_over_at,
    )
    .join_from(_identities, talks, talks.c.customer_id == _identities.c.customer_id)
    .where(
        _identities.c.kind == bindparam("kind"),
        _identities.c.account == bindparam("account"),
        _identities.c.digest == bindparam("digest"),
    )
    .with_for_update()
)
_UNDER_WAY = (
    select(inbounds.c.id)
    .where(inbounds.c.conversation_id == bindparam("conversation_id"), unfinished)
    .limit(1)
)
_INSERT = insert(inbounds)


@dataclass(frozen=True)
class _Talk:
    """The sender's conversation as it stands."""

    id: int
    public_id: str
    state: dict[str, Any] | None
    silent: bool
    customer_id: int | None
    identity_id: int | None
    role: Role


def keep(session: Session, message: Message) -> Kept:
    """Store a message; its turn is taken up at once if the conversation has none under way.

    A repeat returns the first row, also of a message that another transaction stored just now.

    Raises:
        sqlalchemy.exc.IntegrityError: another transaction stored it at the same moment; ask again.
    """
    if known := _known(session, message):
        return Kept(known.id, known.customer_id, known.staff_id, new=False)
    talk = _talk(session, message)
    runs = not _is_busy(session, talk.id)
    at = now()
    inbound_id = _insert(session, message, talk, at, runs=runs)
    if talk.customer_id is not None:
        timeline.add(
            session, talk.customer_id, EventKind.MESSAGE, ref=f"inbound:{inbound_id}", at=at
        )
    turn = _turn(inbound_id, message, talk) if runs else None
    return Kept(inbound_id, talk.customer_id, message.sender.staff_id, turn=turn)


def _known(session: Session, message: Message) -> Row[Any] | None:
    same = {
        "channel": message.channel,
        "account": message.account,
        "message_id": message.message_id,
    }
    return session.connection().execute(_KNOWN, same).first()


def _talk(session: Session, message: Message) -> _Talk:
    """The conversation, locked: a second message of the same person waits here."""
    if (staff_id := message.sender.staff_id) is not None:
        return _talk_of_staff(session, staff_id)
    found = _talk_of_customer(session, message)
    if found is None:
        _first_contact(session, message)
        found = _talk_of_customer(session, message)
    assert found is not None
    return found


def _talk_of_customer(session: Session, message: Message) -> _Talk | None:
    who = message.sender
    assert who.identity is not None
    known = {"kind": who.identity, "account": message.account}
    for digest in crypto.digests(who.identity.value, who.value):  # one, unless the key is changing
        row = session.connection().execute(_TALK_OF, {**known, "digest": digest}).first()
        if row is not None:
            break
    else:
        return None
    customer_id, identity_id, talk_id, public_id, state, state_at, handed_over_at = row
    state = conversations.fresh(state, state_at)
    silent = handed_over_at is not None
    return _Talk(talk_id, public_id, state, silent, customer_id, identity_id, Role.CUSTOMER)


def _first_contact(session: Session, message: Message) -> None:
    who = message.sender
    assert who.identity is not None
    customer, _ = customers.arrive(
        session, who.identity, who.value, account=message.account, source=message.channel
    )
    conversations.of_customer(session, customer.id)


def _talk_of_staff(session: Session, staff_id: int) -> _Talk:
    talk = conversations.lock(session, conversations.of_staff(session, staff_id).id)
    role = staff.get(session, staff_id).role
    return _Talk(talk.id, talk.public_id, conversations.state(talk), False, None, None, role)


def _is_busy(session: Session, conversation_id: int) -> bool:
    found = session.connection().execute(_UNDER_WAY, {"conversation_id": conversation_id})
    return found.first() is not None


def _insert(session: Session, message: Message, talk: _Talk, at: datetime, *, runs: bool) -> int:
    values = {
        "channel": message.channel,
        "account": message.account,
        "message_id": message.message_id,
        "conversation_id": talk.id,
        "customer_id": talk.customer_id,
        "identity_id": talk.identity_id,
        "staff_id": message.sender.staff_id,
        "kind": message.kind,
        "text": message.text,
        "data": message.data or None,
        "sent_at": message.sent_at,
        "received_at": at,
        "state": InboundState.RUNNING if runs else InboundState.PENDING,
        "claimed_at": at if runs else None,
        "attempts": 1 if runs else 0,
        "late": False,
    }
    made = session.connection().execute(_INSERT, values)
    assert made.inserted_primary_key is not None
    return int(made.inserted_primary_key[0])


def _turn(inbound_id: int, message: Message, talk: _Talk) -> Turn:
    return Turn(
        inbound_id=inbound_id,
        conversation_id=talk.id,
        public_id=talk.public_id,
        role=talk.role,
        text=message.text,
        data=message.data,
        state=talk.state,
        silent=talk.silent,
    )
