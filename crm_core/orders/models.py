"""What customers bought."""

from datetime import datetime
from enum import StrEnum, auto

from sqlmodel import CheckConstraint, SQLModel

from crm_core import tables


class OrderState(StrEnum):
    PAID = auto()
    SHIPPED = auto()
    DONE = auto()
    RETURNED = auto()


class Order(SQLModel, table=True):
    __tablename__ = "sales_order"
    __table_args__ = tables.args(CheckConstraint("total_fen >= 0", name="total"))

    id: int = tables.key()
    order_no: str = tables.word(64, unique=True)
    customer_id: int = tables.link("customer")
    store_id: int | None = tables.link("store", optional=True)  # none: online
    staff_id: int | None = tables.link("staff", optional=True)
    state: OrderState = tables.choice(OrderState, default=OrderState.PAID)
    total_fen: int
    paid_at: datetime = tables.at(index=True)
    source: str = tables.word(32)  # "till", "import", "scenario"
    created_at: datetime = tables.created()


class OrderLine(SQLModel, table=True):
    __tablename__ = "order_line"
    __table_args__ = tables.args(CheckConstraint("quantity > 0", name="quantity"))

    id: int = tables.key()
    order_id: int = tables.link("sales_order")
    product_id: int | None = tables.link("product", optional=True)
    product_name: str = tables.word(128)  # as it was sold
    category: str = tables.word(32, default="")
    size: str = tables.word(32, default="")
    color: str = tables.word(32, default="")
    quantity: int = 1
    price_fen: int  # of one piece, as paid
