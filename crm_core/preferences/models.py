"""Sizes, styles and other things a customer told us, with their history."""

from datetime import datetime
from enum import StrEnum, auto

from sqlmodel import SQLModel, UniqueConstraint

from crm_core import tables


class PreferenceKind(StrEnum):
    SIZE = auto()  # of a garment family, "" for all
    STYLE = auto()
    TAG = auto()
    BODY = auto()  # height, bust, weight
    NOTE = auto()  # what an assistant wrote down


class Preference(SQLModel, table=True):
    """One value; it holds until `ended_at`. Undo reopens what the same `ref` ended."""

    __table_args__ = tables.args(UniqueConstraint("customer_id", "kind", "name", "ref"))

    id: int = tables.key()
    customer_id: int = tables.link("customer")
    kind: PreferenceKind = tables.choice(PreferenceKind)
    name: str = tables.word(64, default="")  # garment family, style, tag or measure
    value: str = tables.secret("preference.value")
    source: str = tables.word(32)  # "chat", "assistant", "import"
    ref: str = tables.word(128)  # the message and action that set it
    created_at: datetime = tables.created()
    ended_at: datetime | None = tables.at(optional=True)
    ended_by: str | None = tables.word(128, optional=True)  # the ref that ended it
