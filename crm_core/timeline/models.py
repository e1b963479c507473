"""What happened to a customer: one append-only table that segments, insight and staff read."""

from datetime import datetime
from enum import StrEnum, auto
from typing import Any

from sqlmodel import SQLModel, UniqueConstraint

from crm_core import tables


class EventKind(StrEnum):
    MESSAGE = auto()
    SUBSCRIBED = auto()
    UNSUBSCRIBED = auto()
    SCAN = auto()
    BOUND = auto()
    MERGED = auto()  # another record of this person became a part of this one
    PARTED = auto()  # and was parted from it again
    CONSENT = auto()
    PROFILE = auto()
    TRY_ON = auto()
    PURCHASE = auto()
    RETURN = auto()
    POINTS = auto()
    COUPON = auto()
    REDEMPTION = auto()
    TIER = auto()
    CHECK_IN = auto()
    VOTE = auto()
    RATING = auto()
    COMPLAINT = auto()
    PUSH = auto()
    HAND_OVER = auto()
    # from elsewhere, by the events endpoint
    BROWSE = auto()
    DWELL = auto()
    FAVOURITE = auto()
    CART = auto()
    FITTING = auto()
    DELIVERY = auto()


class TimelineEvent(SQLModel, table=True):
    __tablename__ = "timeline_event"
    __table_args__ = tables.args(UniqueConstraint("customer_id", "kind", "ref"))

    id: int = tables.key()
    customer_id: int = tables.link("customer")
    kind: EventKind = tables.choice(EventKind)
    at: datetime = tables.at(index=True)
    ref: str = tables.word(128)  # what caused it; the same cause stands here once
    data: dict[str, Any] | None = tables.secret("timeline_event.data", optional=True)
