"""What travels between a channel, the database and the dialogue."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from crm_core.authz import Role
from crm_core.customers.models import IdentityKind


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
    text: str | None
    data: dict[str, Any]
    state: dict[str, Any] | None
    silent: bool  # a person has taken over


@dataclass(frozen=True)
class Answer:
    """How a turn ended."""

    replies: list[dict[str, Any]]
    state: dict[str, Any] | None = None
    intent: str | None = None
    entities: list[dict[str, Any]] = field(default_factory=list)
    failed: bool = False


@dataclass(frozen=True)
class Kept:
    """A message that is stored now; `turn` is to be run by who stored it."""

    inbound_id: int
    customer_id: int | None
    staff_id: int | None
    new: bool = True
    turn: Turn | None = None


@dataclass(frozen=True)
class Finished:
    """What is left to do after a turn: an answer nobody waited for, and the next turn."""

    late: bool
    next: Turn | None
