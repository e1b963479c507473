"""Fields and tags that the shop defines itself, and their values.

What may stand in clear stands in one typed column, so that segments can compare it; the rest is
encrypted and cannot be searched.
"""

from datetime import date, datetime
from enum import StrEnum, auto
from typing import Any

from sqlalchemy import Double
from sqlmodel import CheckConstraint, Field, Index, SQLModel, UniqueConstraint

from crm_core import tables

LONGEST_CLEAR = 255  # characters of a text in clear


class FieldKind(StrEnum):
    TEXT = auto()
    NUMBER = auto()
    DATE = auto()
    CHOICE = auto()  # one of the options; kept as text
    YES_NO = auto()  # 是 or 否; kept as text


class Sensitivity(StrEnum):
    """How much harm it does in the wrong hands; the first two stand in clear."""

    OPEN = auto()  # may be known to everybody in the shop
    INTERNAL = auto()  # says something of a person, but nobody is found by it
    PERSONAL = auto()  # tells who or where somebody is: encrypted
    HIGHEST = auto()  # identity and bank cards, payment, health: encrypted, opened with a reason

    @property
    def is_clear(self) -> bool:
        return self in {Sensitivity.OPEN, Sensitivity.INTERNAL}


class CustomField(SQLModel, table=True):
    """What the shop wants to know besides: a bridal shop's wedding date."""

    __tablename__ = "custom_field"
    __table_args__ = tables.args(CheckConstraint("purpose <> ''", name="has_purpose"))

    id: int = tables.key()
    code: str = tables.word(32, unique=True)  # "wedding_on"
    title: str = tables.word(32, unique=True)  # "婚期"
    kind: FieldKind = tables.choice(FieldKind)
    sensitivity: Sensitivity = tables.choice(Sensitivity)
    purpose: str = tables.word(255)  # what it is kept for; shown to the customer who asks
    consent: str = tables.word(16, default="")  # a consents.Purpose that must hold, "" for none
    owner: str = tables.word(64)  # who answers for it: a name or a department
    rules: dict[str, Any] = tables.json(default_factory=dict)  # see checking.py
    retired_at: datetime | None = tables.at(optional=True)  # takes no values any more
    created_at: datetime = tables.created()


class CustomValue(SQLModel, table=True):
    """What holds now; the row goes when nothing does. Of the four values one is set."""

    __tablename__ = "custom_value"
    __table_args__ = tables.args(
        UniqueConstraint("customer_id", "field_id"),
        Index(None, "field_id", "text"),
        Index(None, "field_id", "number"),
        Index(None, "field_id", "day"),
    )

    id: int = tables.key()
    customer_id: int = tables.link("customer")
    field_id: int = tables.link("custom_field", index=False)
    text: str | None = tables.word(LONGEST_CLEAR, optional=True)
    number: float | None = Field(default=None, sa_type=Double, nullable=True)
    day: date | None = None
    secret: str | None = tables.secret("custom_value.secret", optional=True)  # as it was written
    source: str = tables.word(32)
    ref: str = tables.word(128)
    changed_at: datetime = tables.created()


class TagDefinition(SQLModel, table=True):
    """A tag that staff may give; who has it stands in `preference` (kind "tag", its name)."""

    __tablename__ = "tag_definition"
    __table_args__ = tables.args(CheckConstraint("purpose <> ''", name="has_purpose"))

    id: int = tables.key()
    name: str = tables.word(64, unique=True)
    belongs_to: str = tables.word(32, default="")  # a group: "风格偏好"
    exclusive: bool = False  # a customer has at most one of its group
    sensitivity: Sensitivity = tables.choice(Sensitivity, default=Sensitivity.INTERNAL)
    purpose: str = tables.word(255)
    owner: str = tables.word(64)
    retired_at: datetime | None = tables.at(optional=True)
    created_at: datetime = tables.created()


class CatalogueThing(StrEnum):
    SOURCE = auto()
    FIELD = auto()


class CatalogueEntry(SQLModel, table=True):
    """What the shop says of a source, or of a field that is shipped: what it is, who owns it."""

    __tablename__ = "catalogue_entry"
    __table_args__ = tables.args(UniqueConstraint("thing", "code"))

    id: int = tables.key()
    thing: CatalogueThing = tables.choice(CatalogueThing)
    code: str = tables.word(64)
    title: str = tables.word(64)
    owner: str = tables.word(64)
