"""What customers bought, brought back and changed for something else."""

from datetime import datetime
from enum import StrEnum, auto

from sqlmodel import CheckConstraint, SQLModel

from crm_core import tables


class OrderState(StrEnum):
    PAID = auto()
    SHIPPED = auto()
    DONE = auto()
    RETURNED = auto()  # nothing of it is left with the customer


class Order(SQLModel, table=True):
    __tablename__ = "sales_order"
    __table_args__ = tables.args(
        CheckConstraint("total_fen >= 0", name="total"),
        CheckConstraint("refunded_fen between 0 and total_fen", name="refunded"),
    )

    id: int = tables.key()
    order_no: str = tables.word(64, unique=True)
    customer_id: int = tables.link("customer")
    store_id: int | None = tables.link("store", optional=True)  # none: online
    staff_id: int | None = tables.link("staff", optional=True)
    state: OrderState = tables.choice(OrderState, default=OrderState.PAID)
    total_fen: int
    refunded_fen: int = 0  # of the total, for what came back
    paid_at: datetime = tables.at(index=True)
    source: str = tables.word(32)  # "till", "import", "scenario"
    created_at: datetime = tables.created()


class OrderLine(SQLModel, table=True):
    __tablename__ = "order_line"
    __table_args__ = tables.args(
        CheckConstraint("quantity > 0", name="quantity"),
        CheckConstraint("returned between 0 and quantity", name="returned"),
    )

    id: int = tables.key()
    order_id: int = tables.link("sales_order")
    product_id: int | None = tables.link("product", optional=True)
    product_name: str = tables.word(128)  # as it was sold
    category: str = tables.word(32, default="")
    size: str = tables.word(32, default="")
    color: str = tables.word(32, default="")
    quantity: int = 1
    price_fen: int  # of one piece, as paid
    list_price_fen: int | None = None  # as it stood in the catalogue then
    style: str = tables.word(32, default="")  # the main one, as it stood then
    returned: int = 0  # pieces that came back


class Return(SQLModel, table=True):
    """Goods of one order that came back at one time."""

    __tablename__ = "sales_return"
    __table_args__ = tables.args(CheckConstraint("refund_fen >= 0", name="refund"))

    id: int = tables.key()
    return_no: str = tables.word(64, unique=True)
    order_id: int = tables.link("sales_order")
    customer_id: int = tables.link("customer")
    store_id: int | None = tables.link("store", optional=True)  # where they came back to
    refund_fen: int
    reason: str = tables.word(128, default="")
    returned_at: datetime = tables.at()
    source: str = tables.word(32)
    created_at: datetime = tables.created()


class ReturnLine(SQLModel, table=True):
    __tablename__ = "return_line"
    __table_args__ = tables.args(CheckConstraint("quantity > 0", name="quantity"))

    id: int = tables.key()
    return_id: int = tables.link("sales_return")
    order_line_id: int = tables.link("order_line")
    quantity: int


class Exchange(SQLModel, table=True):
    """A return and the order that took its place."""

    __tablename__ = "sales_exchange"
    __table_args__ = tables.args()

    id: int = tables.key()
    exchange_no: str = tables.word(64, unique=True)
    customer_id: int = tables.link("customer")
    return_id: int = tables.link("sales_return")
    order_id: int = tables.link("sales_order")  # the new one
    difference_fen: int  # what the customer paid on top; below zero: got back
    created_at: datetime = tables.created()
