"""What a manager has to look at now, and the cards that told them."""

from datetime import datetime
from enum import StrEnum, auto

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
    ref: str = tables.word(128, unique=True)
    opened_at: datetime = tables.created()
    closed_at: datetime | None = tables.at(optional=True)


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
