"""Loyalty points: an append-only ledger; a balance is the sum of its entries."""

from datetime import datetime
from enum import StrEnum, auto

from sqlmodel import CheckConstraint, SQLModel, UniqueConstraint

from crm_core import tables


class Cause(StrEnum):
    PURCHASE = auto()
    VOTE = auto()
    INVITE = auto()
    REWARD = auto()  # points spent on something
    GIFT = auto()
    EXPIRY = auto()
    REVERSAL = auto()
    OPENING = auto()  # taken over from another system


class PointsEntry(SQLModel, table=True):
    __tablename__ = "points_entry"
    __table_args__ = tables.args(
        UniqueConstraint("customer_id", "ref"),
        CheckConstraint("delta <> 0", name="moves_points"),
    )

    id: int = tables.key()
    customer_id: int = tables.link("customer")
    delta: int  # whole points; negative when spent
    cause: Cause = tables.choice(Cause)
    lot_id: int | None = tables.link("points_entry", optional=True)  # the lot an expiry writes off
    note: str = tables.word(128, default="")  # "订单 DD20260301001"
    ref: str = tables.word(128)  # the message, order or staff action that caused it
    created_at: datetime = tables.created()
    available_at: datetime = tables.created()  # later while the return window is open
    expires_at: datetime | None = tables.at(optional=True)  # of a lot that was earned
