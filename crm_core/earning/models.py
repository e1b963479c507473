"""The shop's own rules of what earns points, beside the plain ones of `rules`."""

from datetime import datetime
from enum import StrEnum, auto
from typing import Any

from sqlmodel import SQLModel

from crm_core import tables


class RuleState(StrEnum):
    DRAFT = auto()  # can be simulated
    ON = auto()
    OFF = auto()


class EarningRule(SQLModel, table=True):
    __tablename__ = "earning_rule"
    __table_args__ = tables.args()

    id: int = tables.key()
    code: str = tables.word(64, unique=True)  # "double-11"
    title: str = tables.word(64)  # as customers read it: 双十一双倍积分
    definition: dict[str, Any] = tables.json()  # what `terms.Definition` accepts
    state: RuleState = tables.choice(RuleState, default=RuleState.DRAFT)
    created_at: datetime = tables.created()
    changed_at: datetime = tables.created()
