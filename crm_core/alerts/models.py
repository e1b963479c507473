"""What a manager has to look at now, how it was handled, and the cards that told them."""

from datetime import datetime
from enum import StrEnum, auto
from typing import Any

from sqlmodel import SQLModel

from crm_core import tables


class AlertKind(StrEnum):
    LOW_SCORE = auto()
    COMPLAINT = auto()
    HAND_OVER = auto()


class AlertState(StrEnum):
    OPEN = "待受理"
    ACCEPTED = "处理中"
    RECTIFIED = "已整改"
    VERIFIED = "已验证"
    CLOSED = "已关闭"


class Step(StrEnum):
    """What is done about an alert, or the complaint behind it."""

    ACCEPT = "受理"
    TRANSFER = "转交"
    RECTIFY = "整改"
    VERIFY = "验证"
    CLOSE = "关闭"
    NOTE = "补充"  # the customer said more; moves nothing


class Alert(SQLModel, table=True):
    __table_args__ = tables.args()

    id: int = tables.key()
    kind: AlertKind = tables.choice(AlertKind)
    state: AlertState = tables.choice(AlertState, default=AlertState.OPEN)
    store_id: int | None = tables.link("store", optional=True)
    customer_id: int = tables.link("customer")
    rating_id: int | None = tables.link("rating", optional=True)
    ticket_id: int | None = tables.link("ticket", optional=True)
    owner_id: int | None = tables.link("staff", optional=True)
    facts: dict[str, Any] = tables.secret("alert.facts", default_factory=dict)  # what its card says
    ref: str = tables.word(128, unique=True)
    opened_at: datetime = tables.created()
    closed_at: datetime | None = tables.at(optional=True)


class AlertStep(SQLModel, table=True):
    """One thing that was done about an alert."""

    __tablename__ = "alert_step"
    __table_args__ = tables.args()

    id: int = tables.key()
    alert_id: int = tables.link("alert")
    step: Step = tables.choice(Step)
    actor: str = tables.word(64)
    to_id: int | None = tables.link("staff", optional=True)  # to whom it was transferred
    note: str | None = tables.secret("alert_step.note", optional=True)
    ref: str = tables.word(128, unique=True)
    at: datetime = tables.created()


class AlertCard(SQLModel, table=True):
    """The card one member of staff got about one alert."""

    __tablename__ = "alert_card"
    __table_args__ = tables.args()

    id: int = tables.key()
    alert_id: int = tables.link("alert")
    staff_id: int = tables.link("staff")
    task_id: str = tables.word(64, unique=True)  # WeCom's name for the card
    response_code: str | None = tables.secret("alert_card.response_code", optional=True)
    code_at: datetime | None = tables.at(optional=True)  # a code serves once, within 72 hours
    asked_at: datetime | None = tables.at(optional=True)  # 转交 was pressed, but not to whom
