"""First answers to requests, so that a repeat gets the same and does nothing."""

from datetime import datetime
from typing import Any

from sqlmodel import SQLModel, UniqueConstraint

from crm_core import tables


class KeptAnswer(SQLModel, table=True):
    __tablename__ = "kept_answer"
    __table_args__ = tables.args(UniqueConstraint("caller", "key"))

    id: int = tables.key()
    caller: str = tables.word(64)  # "apikey:2"
    key: str = tables.word(128)
    digest: str = tables.word(64)  # of method, path and body
    status: int = 0
    headers: dict[str, str] = tables.json(default_factory=dict)
    body: Any = tables.secret("kept_answer.body", optional=True)
    created_at: datetime = tables.at(index=True)
