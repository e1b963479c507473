"""How customers judged a purchase or the service, asked for or volunteered."""

from datetime import datetime
from enum import StrEnum, auto

from sqlmodel import CheckConstraint, SQLModel

from crm_core import tables


class Aspect(StrEnum):
    SERVICE = auto()
    PRODUCT = auto()


class SurveyState(StrEnum):
    SENT = auto()
    ANSWERED = auto()
    SKIPPED = auto()  # no consent or nobody to reach; never asked again


class Survey(SQLModel, table=True):
    """The question sent after a purchase; one an order."""

    __table_args__ = tables.args()

    id: int = tables.key()
    order_id: int = tables.link("sales_order", unique=True, index=False)
    customer_id: int = tables.link("customer")
    state: SurveyState = tables.choice(SurveyState)
    reason: str = tables.word(64, default="")  # why it was skipped
    created_at: datetime = tables.created()
    answered_at: datetime | None = tables.at(optional=True)


class Rating(SQLModel, table=True):
    __table_args__ = tables.args(CheckConstraint("score BETWEEN 1 AND 5", name="score"))

    id: int = tables.key()
    customer_id: int = tables.link("customer")
    aspect: Aspect = tables.choice(Aspect)
    score: int  # 1 to 5
    words: str | None = tables.secret("rating.words", optional=True)
    order_id: int | None = tables.link("sales_order", optional=True)
    survey_id: int | None = tables.link("survey", optional=True)
    store_id: int | None = tables.link("store", optional=True)
    staff_id: int | None = tables.link("staff", optional=True)  # who served
    ref: str = tables.word(128, unique=True)
    at: datetime = tables.created()
