"""Messages that came in; a platform's retry finds the row and changes nothing."""

from datetime import datetime
from enum import StrEnum, auto
from typing import Any

from sqlmodel import Index, SQLModel, UniqueConstraint

from crm_core import tables


class InboundState(StrEnum):
    PENDING = auto()  # waits for the conversation's earlier messages
    RUNNING = auto()
    DONE = auto()
    FAILED = auto()  # the person got an apology


class Inbound(SQLModel, table=True):
    __table_args__ = tables.args(
        UniqueConstraint("channel", "account", "message_id"),
        Index(None, "conversation_id", "state"),
        Index(None, "state", "received_at"),  # the turns that a killed gateway left behind
    )

    id: int = tables.key()
    channel: str = tables.word(16)  # "oa", "wecom"
    account: str = tables.word(64)  # the appid or corpid that was written to
    message_id: str = tables.word(128)
    conversation_id: int = tables.link("conversation", index=False)
    customer_id: int | None = tables.link("customer", optional=True)
    identity_id: int | None = tables.link("identity", optional=True)  # by which they wrote
    staff_id: int | None = tables.link("staff", optional=True)
    kind: str = tables.word(32)  # "text", "voice", "image", "subscribe"…
    text: str | None = tables.secret("inbound.text", optional=True)
    data: dict[str, Any] | None = tables.secret("inbound.data", optional=True)
    sent_at: datetime = tables.at()
    received_at: datetime = tables.created()
    state: InboundState = tables.choice(InboundState, default=InboundState.PENDING)
    claimed_at: datetime | None = tables.at(optional=True)  # a stale claim is taken over
    attempts: int = 0
    intent: str | None = tables.word(64, optional=True)
    entities: list[dict[str, Any]] | None = tables.secret("inbound.entities", optional=True)
    replies: list[dict[str, Any]] | None = tables.secret("inbound.replies", optional=True)
    late: bool = False  # nobody waits any more: the answer goes out through the outbox
    done_at: datetime | None = tables.at(optional=True)
