"""Messages to be sent: each row says by itself whether it still has to be."""

from datetime import datetime
from enum import StrEnum, auto
from typing import Any

from sqlmodel import Index, SQLModel

from crm_core import tables


class OutboundState(StrEnum):
    PENDING = auto()
    SENDING = auto()
    SENT = auto()
    FAILED = auto()
    UNKNOWN = auto()  # the call was cut off; it may have arrived, so it is not repeated


class Outbound(SQLModel, table=True):
    __table_args__ = tables.args(Index(None, "state", "next_at"))

    id: int = tables.key()
    channel: str = tables.word(16)  # "oa", "oa_mass", "wecom", "sms"
    kind: str = tables.word(16)  # "text", "markdown", "card", "card_update"
    queue: str = tables.word(16)
    purpose: str = tables.word(16)  # "reply", "survey", "push", "alert", "service", "reception"
    customer_id: int | None = tables.link("customer", optional=True)
    staff_id: int | None = tables.link("staff", optional=True)
    address: str | None = tables.secret("outbound.address", optional=True)  # openid, userid, phone
    payload: dict[str, Any] = tables.secret("outbound.payload")
    key: str = tables.word(128, unique=True)  # what it is about; one message a cause
    state: OutboundState = tables.choice(OutboundState, default=OutboundState.PENDING)
    attempts: int = 0
    next_at: datetime = tables.created()  # not before
    claimed_at: datetime | None = tables.at(optional=True)
    sent_at: datetime | None = tables.at(optional=True, index=True)
    provider_id: str | None = tables.word(128, optional=True)
    error: str | None = tables.word(255, optional=True)
    created_at: datetime = tables.created()
