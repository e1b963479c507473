"""Who did or tried what; written in the same transaction as the deed."""

from datetime import datetime
from typing import Any

from sqlmodel import SQLModel

from crm_core import tables


class AuditEntry(SQLModel, table=True):
    __tablename__ = "audit_entry"
    __table_args__ = tables.args()

    id: int = tables.key()
    at: datetime = tables.created()
    actor: str = tables.word(64, index=True)  # "staff:3"
    action: str = tables.word(64)  # a permission or "<resource>:<action>"
    subject: str = tables.word(64, index=True)  # "customer:7"
    refused: bool = False
    detail: dict[str, Any] = tables.json(default_factory=dict)  # never personal data
