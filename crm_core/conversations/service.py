"""Conversations: one a person, whatever the channel; their state and who is talking."""

import secrets
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import bindparam, update
from sqlmodel import Session, select

from crm_core.audit import service as audit
from crm_core.authz import Actor, Permission
from crm_core.clock import now
from crm_core.conversations.models import Conversation

_talks = Conversation.__table__  # type: ignore[attr-defined]
_KEEP = (
    update(_talks)
    .where(_talks.c.id == bindparam("of"))
    .values(state=bindparam("state"), state_at=bindparam("state_at"))
)
STATE_LIVES = timedelta(hours=24)  # a half-filled form resumes within it


def of_customer(session: Session, customer_id: int) -> Conversation:
    """The customer's conversation, begun if there is none."""
    wanted = select(Conversation).where(Conversation.customer_id == customer_id)
    return session.exec(wanted).one_or_none() or _begin(
        session, Conversation(customer_id=customer_id, public_id=_new_id())
    )


def of_staff(session: Session, staff_id: int) -> Conversation:
    """The conversation of a member of staff with the bot, begun if there is none."""
    wanted = select(Conversation).where(Conversation.staff_id == staff_id)
    return session.exec(wanted).one_or_none() or _begin(
        session, Conversation(staff_id=staff_id, public_id=_new_id())
    )


def lock(session: Session, conversation_id: int) -> Conversation:
    """The conversation; other writers wait until this transaction ends."""
    wanted = select(Conversation).where(Conversation.id == conversation_id).with_for_update()
    return session.exec(wanted).one()


def state(conversation: Conversation) -> dict[str, Any] | None:
    """The dialogue state to go on from; None when it is a day old or there is none."""
    return fresh(conversation.state, conversation.state_at)


def fresh(kept: dict[str, Any] | None, at: datetime | None) -> dict[str, Any] | None:
    """A state if it was kept within STATE_LIVES."""
    return kept if at is not None and now() - at <= STATE_LIVES else None


def keep_state(session: Session, conversation_id: int, new: dict[str, Any] | None) -> None:
    """Remember where the dialogue stands after a turn; locks the conversation."""
    session.connection().execute(_KEEP, {"of": conversation_id, "state": new, "state_at": now()})


def hand_over(session: Session, actor: Actor, conversation_id: int) -> None:
    """Let a person take over: the bot is silent until `hand_back`. Repeating changes nothing.

    Raises:
        Forbidden: the actor may not.
    """
    actor.require(Permission.CONVERSATION_HAND_OVER)
    conversation = lock(session, conversation_id)
    if conversation.handed_over_at is None:
        conversation.handed_over_at = now()
        audit.record(session, actor, "conversation:hand_over", f"conversation:{conversation_id}")


def take(session: Session, actor: Actor, conversation_id: int) -> bool:
    """A member of staff takes a handed-over conversation; False if somebody else has it.

    Raises:
        Forbidden: the actor may not.
    """
    actor.require(Permission.CONVERSATION_HAND_OVER)
    conversation = lock(session, conversation_id)
    if conversation.handed_over_to not in {None, actor.staff_id}:
        return False
    conversation.handed_over_to = actor.staff_id
    audit.record(session, actor, "conversation:take", f"conversation:{conversation_id}")
    return True


def hand_back(session: Session, actor: Actor, conversation_id: int) -> None:
    """Let the bot answer again. Repeating changes nothing.

    Raises:
        Forbidden: the actor may not.
    """
    actor.require(Permission.CONVERSATION_HAND_OVER)
    conversation = lock(session, conversation_id)
    if conversation.handed_over_at is not None:
        conversation.handed_over_at = conversation.handed_over_to = None
        audit.record(session, actor, "conversation:hand_back", f"conversation:{conversation_id}")


def _begin(session: Session, made: Conversation) -> Conversation:
    session.add(made)
    session.flush()
    return made


def _new_id() -> str:
    return f"c_{secrets.token_hex(12)}"
