"""The chain's shops."""

from datetime import datetime

from sqlmodel import SQLModel

from crm_core import tables


class Store(SQLModel, table=True):
    __table_args__ = tables.args()

    id: int = tables.key()
    code: str = tables.word(32, unique=True)
    name: str = tables.word(64, unique=True)
    address: str = tables.word(255, default="")
    phone: str = tables.word(32, default="")  # the shop's public number
    hours: str = tables.word(64, default="")  # "10:00-22:00"
    closed: bool = False
    created_at: datetime = tables.created()
