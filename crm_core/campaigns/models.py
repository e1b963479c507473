"""Campaigns: one text to a segment, one push a recipient."""

from datetime import datetime
from enum import StrEnum, auto

from sqlmodel import Index, SQLModel, UniqueConstraint

from crm_core import tables


class Campaign(SQLModel, table=True):
    __table_args__ = tables.args()

    id: int = tables.key()
    key: str = tables.word(64, unique=True)  # the same command twice is the same campaign
    segment: str = tables.word(32)
    text: str = tables.words()
    created_by: str = tables.word(64)
    created_at: datetime = tables.created()


class PushState(StrEnum):
    PLANNED = auto()
    SKIPPED = auto()
    SENT = auto()
    FAILED = auto()
    UNKNOWN = auto()


class Push(SQLModel, table=True):
    __table_args__ = tables.args(
        UniqueConstraint("campaign_id", "customer_id"), Index(None, "campaign_id", "state")
    )

    id: int = tables.key()
    campaign_id: int = tables.link("campaign", index=False)
    customer_id: int = tables.link("customer")
    channel: str | None = tables.word(16, optional=True)  # none: not chosen yet, or skipped
    reason: str = tables.word(32, default="")  # why it was skipped
    state: PushState = tables.choice(PushState, default=PushState.PLANNED)
    outbound_id: int | None = tables.link("outbound", optional=True)  # a mass send serves many
    created_at: datetime = tables.created()
