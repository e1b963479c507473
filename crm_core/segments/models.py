"""Segments that the shop saved, who was in which last night, and who was frozen into one."""

from datetime import date, datetime
from enum import StrEnum, auto
from typing import Any

from sqlmodel import SQLModel, UniqueConstraint

from crm_core import tables


class SegmentKind(StrEnum):
    LIVING = auto()  # whoever fits the rule now
    STATIC = auto()  # whoever fitted it when it was saved


class Segment(SQLModel, table=True):
    """A segment of the shop's own, or a shipped one that the shop defines otherwise."""

    __table_args__ = tables.args()

    id: int = tables.key()
    name: str = tables.word(32, unique=True)
    kind: SegmentKind = tables.choice(SegmentKind, default=SegmentKind.LIVING)
    rule: dict[str, Any] = tables.json(default_factory=dict)  # empty: as it is shipped
    meaning: str = tables.word(255, default="")  # what it is for, in the shop's words
    created_by: str = tables.word(64)
    ref: str = tables.word(128)  # what saved it last
    created_at: datetime = tables.created()
    changed_at: datetime = tables.created()


class SegmentMember(SQLModel, table=True):
    """Who is in a static segment, or was in a living one when it was looked at last night."""

    __tablename__ = "segment_member"
    __table_args__ = tables.args(UniqueConstraint("segment_id", "customer_id"))

    id: int = tables.key()
    segment_id: int = tables.link("segment", index=False)
    customer_id: int = tables.link("customer")


class SegmentSnapshot(SQLModel, table=True):
    """How many were in a living segment on a night, how many had come and gone since the last."""

    __tablename__ = "segment_snapshot"
    __table_args__ = tables.args(UniqueConstraint("segment_id", "day"))

    id: int = tables.key()
    segment_id: int = tables.link("segment", index=False)
    day: date
    total: int
    entered: int
    gone: int
    taken_at: datetime = tables.created()
