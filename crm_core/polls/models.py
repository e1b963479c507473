"""Outfit votes."""

from datetime import datetime
from enum import StrEnum, auto

from sqlmodel import SQLModel, UniqueConstraint

from crm_core import tables


class PollState(StrEnum):
    OPEN = auto()
    CLOSED = auto()


class Poll(SQLModel, table=True):
    __table_args__ = tables.args()

    id: int = tables.key()
    title: str = tables.word(128)
    state: PollState = tables.choice(PollState, default=PollState.OPEN)
    store_id: int | None = tables.link("store", optional=True)  # none: the whole chain
    created_by: str = tables.word(64)  # the actor
    ref: str = tables.word(128, unique=True)
    created_at: datetime = tables.created()
    closes_at: datetime | None = tables.at(optional=True)


class PollOption(SQLModel, table=True):
    __tablename__ = "poll_option"
    __table_args__ = tables.args(UniqueConstraint("poll_id", "number"))

    id: int = tables.key()
    poll_id: int = tables.link("poll")
    number: int  # 1 is A
    title: str = tables.word(128)
    image_url: str | None = tables.word(512, optional=True)
    product_id: int | None = tables.link("product", optional=True)


class Ballot(SQLModel, table=True):
    """One customer's vote in one poll."""

    __table_args__ = tables.args(UniqueConstraint("poll_id", "customer_id"))

    id: int = tables.key()
    poll_id: int = tables.link("poll")
    option_id: int = tables.link("poll_option")
    customer_id: int = tables.link("customer")
    ref: str = tables.word(128)
    at: datetime = tables.created()
