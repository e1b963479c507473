"""Customers saying that they are here, once a day."""

from datetime import date, datetime

from sqlmodel import SQLModel, UniqueConstraint

from crm_core import tables


class CheckIn(SQLModel, table=True):
    __tablename__ = "check_in"
    __table_args__ = tables.args(UniqueConstraint("customer_id", "on_day"))

    id: int = tables.key()
    customer_id: int = tables.link("customer")
    on_day: date  # in the shop's time zone
    ref: str = tables.word(128)
    created_at: datetime = tables.created()
