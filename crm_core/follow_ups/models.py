"""Try-ons that were not bought, and what an assistant has to do next and when."""

from datetime import date, datetime
from enum import StrEnum, auto

from sqlmodel import SQLModel

from crm_core import tables


class FollowUpState(StrEnum):
    OPEN = auto()
    DONE = auto()


class TryOn(SQLModel, table=True):
    __tablename__ = "try_on"
    __table_args__ = tables.args()

    id: int = tables.key()
    customer_id: int = tables.link("customer")
    staff_id: int = tables.link("staff")
    product_id: int | None = tables.link("product", optional=True)
    product_name: str = tables.word(128)
    size: str = tables.word(32, default="")
    reason: str = tables.word(255, default="")  # why it was not bought
    ref: str = tables.word(128, unique=True)
    at: datetime = tables.created()


class FollowUp(SQLModel, table=True):
    __tablename__ = "follow_up"
    __table_args__ = tables.args()

    id: int = tables.key()
    customer_id: int = tables.link("customer")
    staff_id: int = tables.link("staff")
    due_on: date  # in the shop's time zone
    what: str = tables.secret("follow_up.what")
    state: FollowUpState = tables.choice(FollowUpState, default=FollowUpState.OPEN)
    result: str | None = tables.secret("follow_up.result", optional=True)
    try_on_id: int | None = tables.link("try_on", optional=True)
    ref: str = tables.word(128, unique=True)
    created_at: datetime = tables.created()
    done_at: datetime | None = tables.at(optional=True)
    done_ref: str | None = tables.word(128, optional=True, index=True)  # by which it can be undone
