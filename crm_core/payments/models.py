"""Money that came in or went back for orders."""

from datetime import datetime
from enum import StrEnum, auto

from sqlmodel import CheckConstraint, SQLModel

from crm_core import tables


class PaymentKind(StrEnum):
    PAID = auto()
    REFUNDED = auto()


class Method(StrEnum):
    CASH = auto()
    WECHAT = auto()
    ALIPAY = auto()
    CARD = auto()
    STORED_VALUE = auto()
    OTHER = auto()


class Payment(SQLModel, table=True):
    __table_args__ = tables.args(CheckConstraint("amount_fen > 0", name="amount"))

    id: int = tables.key()
    payment_no: str = tables.word(64, unique=True)
    order_id: int = tables.link("sales_order")
    customer_id: int = tables.link("customer")
    kind: PaymentKind = tables.choice(PaymentKind)
    method: Method = tables.choice(Method)
    amount_fen: int
    reference: str | None = tables.secret("payment.reference", optional=True)  # the provider's
    paid_at: datetime = tables.at()
    source: str = tables.word(32)
    created_at: datetime = tables.created()
