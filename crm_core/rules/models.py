"""The shop's rules as data: points, tiers, segments. Shipped defaults stand in defaults.yml."""

from datetime import datetime
from typing import Any

from sqlmodel import SQLModel

from crm_core import tables


class Rule(SQLModel, table=True):
    """One rule that differs from the shipped default."""

    __table_args__ = tables.args()

    id: int = tables.key()
    name: str = tables.word(64, unique=True)  # "points.per_yuan"
    value: dict[str, Any] = tables.json()  # {"value": …}
    changed_at: datetime = tables.created()
