"""How good the data are, as figures over time, and the tags that staff are asked to check."""

from datetime import date, datetime
from enum import StrEnum, auto

from sqlmodel import Index, SQLModel, UniqueConstraint

from crm_core import tables


class Dimension(StrEnum):
    COMPLETENESS = auto()
    ACCURACY = auto()
    CONSISTENCY = auto()
    TIMELINESS = auto()
    TAG_ACCURACY = auto()


class QualityFigure(SQLModel, table=True):
    """`good` of `counted` on a day, for one store and one source; either may be all of them."""

    __tablename__ = "quality_figure"
    __table_args__ = tables.args(
        UniqueConstraint("day", "dimension", "store_code", "source"),
        Index(None, "dimension", "day"),
    )

    id: int = tables.key()
    day: date
    dimension: Dimension = tables.choice(Dimension)
    store_code: str = tables.word(32, default="")  # "" is the whole chain
    source: str = tables.word(32, default="")  # "" is all sources
    good: int
    counted: int
    measured_at: datetime = tables.created()


class QualityTarget(SQLModel, table=True):
    """From a day on, at least so many per mille shall be good."""

    __tablename__ = "quality_target"
    __table_args__ = tables.args(UniqueConstraint("dimension", "store_code", "since_on"))

    id: int = tables.key()
    dimension: Dimension = tables.choice(Dimension)
    store_code: str = tables.word(32, default="")  # "" is every store without one of its own
    since_on: date
    per_mille: int


class Verdict(StrEnum):
    OPEN = auto()
    RIGHT = auto()
    WRONG = auto()


class TagCheck(SQLModel, table=True):
    """One tag of one customer, drawn at random for the staff who know them."""

    __tablename__ = "tag_check"
    __table_args__ = tables.args(UniqueConstraint("customer_id", "tag", "drawn_on"))

    id: int = tables.key()
    customer_id: int = tables.link("customer", index=False)
    tag: str = tables.word(64)
    source: str = tables.word(32)
    store_id: int | None = tables.link("store", optional=True)
    staff_id: int | None = tables.link("staff", optional=True)  # who is asked
    drawn_on: date
    verdict: Verdict = tables.choice(Verdict, default=Verdict.OPEN)
    answered_by: str | None = tables.word(64, optional=True)
    answered_at: datetime | None = tables.at(optional=True)
