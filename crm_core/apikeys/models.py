"""Keys by which tills, shops and partners come in."""

from datetime import datetime

from sqlmodel import SQLModel

from crm_core import tables


class ApiKey(SQLModel, table=True):
    __tablename__ = "api_key"
    __table_args__ = tables.args()

    id: int = tables.key()
    name: str = tables.word(64)  # "收银机 3 号"
    prefix: str = tables.word(16, unique=True)  # by which it is found and shown
    digest: str = tables.word(64)  # SHA-256 of the whole key, which is 256 random bits
    scopes: list[str] = tables.json()
    created_at: datetime = tables.created()
    revoked_at: datetime | None = tables.at(optional=True)
    last_used_at: datetime | None = tables.at(optional=True)
