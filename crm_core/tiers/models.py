"""Levels of membership: the shop's set of them, and how each customer came by theirs."""

from datetime import datetime
from enum import StrEnum, auto
from typing import Any

from sqlmodel import SQLModel, UniqueConstraint

from crm_core import tables


class TierProgram(SQLModel, table=True):
    """A set of levels; the newest is in force."""

    __tablename__ = "tier_program"
    __table_args__ = tables.args()

    id: int = tables.key()
    definition: dict[str, Any] = tables.json()  # what `program.Program` accepts
    created_at: datetime = tables.created()


class Why(StrEnum):
    """Why a customer's level is what it is."""

    SPENDING = auto()
    POINTS = auto()  # so many were earned
    REDEEMED = auto()  # points were spent on it
    GRANTED = auto()  # by the shop, or taken over from another system
    RETURN = auto()  # what earned the level was given back
    GRACE = auto()  # no longer earned; kept until the grace ends
    KEPT = auto()  # earned again within the grace
    LAPSED = auto()  # no longer earned, and the grace is over
    PROGRAM = auto()  # the shop changed its levels


class TierChange(SQLModel, table=True):
    """One step of a customer's level, append-only; `customer.tier` is where it stands."""

    __tablename__ = "tier_change"
    __table_args__ = tables.args(UniqueConstraint("customer_id", "ref"))

    id: int = tables.key()
    customer_id: int = tables.link("customer")
    was: str = tables.word(32)
    level: str = tables.word(32)
    why: Why = tables.choice(Why)
    until: datetime | None = tables.at(optional=True)  # of a grace, a grant or a redeemed level
    ref: str = tables.word(128)
    created_at: datetime = tables.created()
