"""Questionnaires as data, and what customers answered."""

from datetime import datetime
from enum import StrEnum, auto
from typing import Any

from sqlmodel import SQLModel, UniqueConstraint

from crm_core import tables


class Questionnaire(SQLModel, table=True):
    """One version of a questionnaire; `definition.py` says what its definition holds."""

    __table_args__ = tables.args(UniqueConstraint("code", "version"))

    id: int = tables.key()
    code: str = tables.word(32)
    version: int
    title: str = tables.word(64)
    definition: dict[str, Any] = tables.json()
    ref: str = tables.word(128, unique=True)
    created_at: datetime = tables.created()
    closed_at: datetime | None = tables.at(optional=True)  # takes no answers any more


class SheetState(StrEnum):
    OPEN = auto()
    DONE = auto()
    DROPPED = auto()


class Sheet(SQLModel, table=True):
    """One customer's answers; nothing of them is known elsewhere until it is done."""

    __tablename__ = "questionnaire_sheet"
    __table_args__ = tables.args(UniqueConstraint("customer_id", "ref"))

    id: int = tables.key()
    customer_id: int = tables.link("customer", index=False)
    questionnaire_id: int = tables.link("questionnaire")
    state: SheetState = tables.choice(SheetState, default=SheetState.OPEN)
    answers: dict[str, str] = tables.secret("questionnaire_sheet.answers", default_factory=dict)
    source: str = tables.word(32)  # "chat", "link", "assistant"
    ref: str = tables.word(128)  # what began it
    created_at: datetime = tables.created()
    ended_at: datetime | None = tables.at(optional=True)
