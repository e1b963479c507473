"""Turns: taken up in order, ended once, and taken up again where a process was killed."""

from datetime import timedelta
from typing import Any

from sqlalchemy import Row, bindparam, select, update
from sqlmodel import Session

from crm_core.authz import Role
from crm_core.clock import now
from crm_core.conversations import service as conversations
from crm_core.conversations.models import Conversation
from crm_core.inbound.keeping import UNFINISHED, inbounds, unfinished
from crm_core.inbound.messages import Answer, Finished, Turn
from crm_core.inbound.models import Inbound, InboundState
from crm_core.staff import service as staff

LEASE = timedelta(seconds=30)  # a turn that takes longer was cut off
MOST_ATTEMPTS = 3

_LATE = select(inbounds.c.late).where(inbounds.c.id == bindparam("of")).with_for_update()
_FINISH = (
    update(inbounds)
    .where(inbounds.c.id == bindparam("of"))
    .values(
        {name: bindparam(name) for name in ("state", "replies", "intent", "entities", "done_at")}
    )
)
_NEXT = (
    select(inbounds.c.id, inbounds.c.state, inbounds.c.claimed_at, inbounds.c.attempts)
    .where(inbounds.c.conversation_id == bindparam("conversation_id"), unfinished)
    .order_by(inbounds.c.id)
    .limit(1)
)


def claim(session: Session, conversation_id: int) -> Turn | None:
    """Take the conversation's next turn; None if there is none or one is running.

    A turn whose claim is older than LEASE was cut off and is taken again, MOST_ATTEMPTS times.
    """
    if _next(session, conversation_id) is None:  # the usual case costs no lock
        return None
    conversation = conversations.lock(session, conversation_id)
    while (row := _next(session, conversation_id)) is not None:
        if row.state is InboundState.RUNNING and not _is_cut_off(row):
            return None
        if row.attempts < MOST_ATTEMPTS:
            _set(
                session, row.id, state=InboundState.RUNNING, claimed_at=now(),
                attempts=row.attempts + 1,
            )  # fmt: skip
            return _turn(session, row.id, conversation)
        _set(session, row.id, state=InboundState.FAILED, done_at=now())
    return None


def finish(session: Session, turn: Turn, answer: Answer) -> Finished:
    """Keep a turn's answer and the dialogue's new state, and take up the next turn.

    The caller sends the answer where it comes `late`.
    """
    if not answer.failed:
        conversations.keep_state(session, turn.conversation_id, answer.state)
    connection = session.connection()
    late = bool(connection.execute(_LATE, {"of": turn.inbound_id}).scalar_one())
    end = {
        "of": turn.inbound_id,
        "state": InboundState.FAILED if answer.failed else InboundState.DONE,
        "replies": answer.replies,
        "intent": answer.intent,
        "entities": answer.entities,
        "done_at": now(),
    }
    connection.execute(_FINISH, end)
    return Finished(late, claim(session, turn.conversation_id))


def give_up_waiting(session: Session, inbound_id: int) -> Inbound:
    """Nobody waits for the answer any more; if it is not there yet, it will be sent later."""
    row = session.get_one(Inbound, inbound_id, with_for_update=True)
    if row.state in UNFINISHED:
        row.late = True
    return row


def cut_off(session: Session) -> list[int]:
    """Conversations that have a turn waiting which nobody runs any more."""
    stale = select(inbounds.c.conversation_id).where(
        unfinished, inbounds.c.received_at < now() - LEASE
    )
    return sorted(set(session.connection().execute(stale).scalars()))


def _next(session: Session, conversation_id: int) -> Row[Any] | None:
    return session.connection().execute(_NEXT, {"conversation_id": conversation_id}).first()


def _is_cut_off(row: Row[Any]) -> bool:
    return row.claimed_at is None or now() - row.claimed_at > LEASE


def _set(session: Session, inbound_id: int, **values: Any) -> None:
    session.connection().execute(update(inbounds).where(inbounds.c.id == inbound_id), values)


def _turn(session: Session, inbound_id: int, conversation: Conversation) -> Turn:
    row = session.get_one(Inbound, inbound_id, populate_existing=True)
    of_staff = row.staff_id is not None
    return Turn(
        inbound_id=row.id,
        conversation_id=conversation.id,
        public_id=conversation.public_id,
        role=staff.get(session, row.staff_id).role if row.staff_id else Role.CUSTOMER,
        text=row.text,
        data=row.data or {},
        state=conversations.state(conversation),
        silent=conversation.handed_over_at is not None and not of_staff,
    )
