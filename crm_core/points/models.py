"""Loyalty points: an append-only ledger; a balance is what its entries come to.

An entry that gives points opens a lot. Every other entry takes points from lots, or gives them
back, and each of its takes says how many and from which: so a return restores what was spent, a
lot expires to the point, and a ledger can be parted.
"""

from datetime import datetime
from enum import StrEnum, auto
from typing import Any

from sqlmodel import CheckConstraint, SQLModel, UniqueConstraint

from crm_core import tables


class Cause(StrEnum):
    # giving: each opens a lot
    PURCHASE = auto()
    VOTE = auto()
    INVITE = auto()
    CHECK_IN = auto()
    TASK = auto()
    BIRTHDAY = auto()
    GIFT = auto()
    OPENING = auto()  # taken over from another system
    # taking
    REWARD = auto()  # points spent on something
    TIER = auto()  # points spent on a level
    EXPIRY = auto()
    REVERSAL = auto()  # what earned them was undone
    # giving back to the lots they were taken from
    RESTORED = auto()  # what they were spent on was undone
    PARTED = auto()  # moved with the lots when two records of one person were parted, either way


GIVING = (
    Cause.PURCHASE, Cause.VOTE, Cause.INVITE, Cause.CHECK_IN, Cause.TASK, Cause.BIRTHDAY,
    Cause.GIFT, Cause.OPENING,
)  # fmt: skip
TAKING = Cause.REWARD, Cause.TIER, Cause.EXPIRY, Cause.REVERSAL


def _among(causes: tuple[Cause, ...]) -> str:
    named = ", ".join(f"'{cause.value}'" for cause in causes)
    return f"cause IN ({named})"


_SIGN = (
    f"(delta > 0 AND {_among((*GIVING, Cause.RESTORED, Cause.PARTED))})"
    f" OR (delta < 0 AND {_among((*TAKING, Cause.PARTED))})"
)


class PointsEntry(SQLModel, table=True):
    __tablename__ = "points_entry"
    __table_args__ = tables.args(
        UniqueConstraint("customer_id", "ref"),
        CheckConstraint("delta <> 0", name="moves_points"),
        CheckConstraint(_SIGN, name="sign"),
        CheckConstraint("expires_at IS NULL OR delta > 0", name="only_lots_expire"),
    )

    id: int = tables.key()
    customer_id: int = tables.link("customer")
    delta: int  # whole points; negative when spent
    cause: Cause = tables.choice(Cause)
    lot_id: int | None = tables.link("points_entry", optional=True)  # what is written off, undone
    undoes_id: int | None = tables.link("points_entry", optional=True)  # the spending restored
    note: str = tables.word(128, default="")  # "订单 DD20260301001"
    detail: dict[str, Any] = tables.json(default_factory=dict)  # which rules gave how many
    ref: str = tables.word(128)  # the message, order or staff action that caused it
    created_at: datetime = tables.created()
    available_at: datetime = tables.created()  # later while the return window is open
    expires_at: datetime | None = tables.at(optional=True, index=True)  # of a lot that was earned


class PointsTake(SQLModel, table=True):
    """Points that an entry took from a lot; below zero, what it gave back to it."""

    __tablename__ = "points_take"
    __table_args__ = tables.args(CheckConstraint("points <> 0", name="takes_points"))

    id: int = tables.key()
    entry_id: int = tables.link("points_entry")
    lot_id: int = tables.link("points_entry")
    points: int
    at: datetime = tables.created()
