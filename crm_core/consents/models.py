"""What customers agreed to, in which words and when; append-only, the latest row holds."""

from datetime import datetime
from enum import StrEnum, auto

from sqlmodel import SQLModel, UniqueConstraint

from crm_core import tables


class Purpose(StrEnum):
    MEMBERSHIP = auto()  # keeping phone, name and purchases for points and service
    MARKETING = auto()  # pushes
    SURVEY = auto()  # being asked how it was


class Consent(SQLModel, table=True):
    __table_args__ = tables.args(UniqueConstraint("customer_id", "purpose", "via", "ref"))

    id: int = tables.key()
    customer_id: int = tables.link("customer")
    purpose: Purpose = tables.choice(Purpose)
    granted: bool
    wording: str = tables.words()  # the sentence that was shown
    via: str = tables.word(16, default="")  # for which channel: "oa", "sms", "wecom"; "" for all
    channel: str = tables.word(16)  # where it was said
    source: str = tables.word(32, default="")  # who wrote it down: "customer", "staff:3", "import"
    ref: str = tables.word(128)
    at: datetime = tables.created()
