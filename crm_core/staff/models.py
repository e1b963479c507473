"""The people who work in the shops, known by their WeCom user id."""

from datetime import datetime

from sqlmodel import SQLModel

from crm_core import tables
from crm_core.authz import Role


class Staff(SQLModel, table=True):
    __table_args__ = tables.args()

    id: int = tables.key()
    wecom_userid: str = tables.word(64, unique=True)
    name: str = tables.word(64)
    role: Role = tables.choice(Role)
    store_id: int | None = tables.link("store", optional=True)  # none: all stores
    left: bool = False  # gone; their rows stay
    created_at: datetime = tables.created()
