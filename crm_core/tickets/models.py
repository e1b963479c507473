"""Complaints and other cases that somebody has to settle."""

from datetime import datetime
from enum import StrEnum, auto

from sqlmodel import SQLModel

from crm_core import tables

NUMBERS_FROM = 1000


class ComplaintType(StrEnum):
    QUALITY = "质量"
    SIZE = "尺码不符"
    DELIVERY = "物流"
    SERVICE = "服务态度"
    REFUND = "退款"
    PRICE = "价格"
    OTHER = "其他"


class TicketState(StrEnum):
    OPEN = "待受理"
    ACCEPTED = "处理中"
    RECTIFIED = "已整改"
    VERIFIED = "已验证"
    CLOSED = "已关闭"


class Priority(StrEnum):
    NORMAL = auto()
    HIGH = auto()  # the customer is angry


class Ticket(SQLModel, table=True):
    __table_args__ = tables.args()

    id: int = tables.key()
    customer_id: int = tables.link("customer")
    type: ComplaintType = tables.choice(ComplaintType)
    priority: Priority = tables.choice(Priority, default=Priority.NORMAL)
    state: TicketState = tables.choice(TicketState, default=TicketState.OPEN)
    description: str = tables.secret("ticket.description")
    order_id: int | None = tables.link("sales_order", optional=True)
    store_id: int | None = tables.link("store", optional=True)
    owner_id: int | None = tables.link("staff", optional=True)  # who has accepted it
    opened_by: str = tables.word(64)  # the actor
    ref: str = tables.word(128, unique=True)
    opened_at: datetime = tables.created()
    closed_at: datetime | None = tables.at(optional=True)

    @property
    def number(self) -> str:
        """What people call it: TS1024."""
        return f"TS{NUMBERS_FROM + self.id}"
