"""Who wants to be told what, and every telling with how it went."""

from datetime import datetime
from enum import StrEnum, auto
from typing import Any

from sqlmodel import Index, SQLModel, UniqueConstraint

from crm_core import tables


class Webhook(SQLModel, table=True):
    __table_args__ = tables.args()

    id: int = tables.key()
    url: str = tables.word(512)
    secret: str = tables.secret("webhook.secret")  # "whsec_…", with which deliveries are signed
    events: list[str] = tables.json()
    active: bool = True
    created_at: datetime = tables.created()


class DeliveryState(StrEnum):
    PENDING = auto()
    SENDING = auto()
    DELIVERED = auto()
    FAILED = auto()  # given up


class Delivery(SQLModel, table=True):
    __tablename__ = "webhook_delivery"
    __table_args__ = tables.args(
        UniqueConstraint("webhook_id", "event_id"), Index(None, "state", "next_at")
    )

    id: int = tables.key()
    webhook_id: int = tables.link("webhook")
    event: str = tables.word(32)  # "order.taken"
    event_id: str = tables.word(64)  # the same for one cause, by which receivers drop repeats
    data: dict[str, Any] = tables.json()  # ids and figures, never personal data
    state: DeliveryState = tables.choice(DeliveryState, default=DeliveryState.PENDING)
    attempts: int = 0
    next_at: datetime = tables.created()  # not before
    tried_since: datetime = tables.created()  # when the first attempt, or a replay, was due
    claimed_at: datetime | None = tables.at(optional=True)
    delivered_at: datetime | None = tables.at(optional=True)
    status: int | None = None  # what the receiver answered last
    error: str | None = tables.word(255, optional=True)
    created_at: datetime = tables.created()
