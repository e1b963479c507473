"""What lies where: a level for each article, size, colour and shop, and every move of it."""

from datetime import datetime
from enum import StrEnum, auto

from sqlmodel import SQLModel, UniqueConstraint

from crm_core import tables


class StockLevel(SQLModel, table=True):
    """The sum of a cell's moves; below zero where a till sold what had not been booked in yet."""

    __tablename__ = "stock_level"
    __table_args__ = tables.args()

    id: int = tables.key()
    cell: str = tables.word(128, unique=True)  # product, store, size and colour in one word
    product_id: int = tables.link("product")
    store_id: int | None = tables.link("store", optional=True)  # none: the online warehouse
    size: str = tables.word(32, default="")
    color: str = tables.word(32, default="")
    quantity: int = 0
    changed_at: datetime = tables.created()


class StockCause(StrEnum):
    SALE = auto()
    RETURN = auto()
    RECEIPT = auto()  # goods came in, or went to another place
    COUNT = auto()  # somebody counted


class StockMove(SQLModel, table=True):
    __tablename__ = "stock_move"
    __table_args__ = tables.args(
        UniqueConstraint("level_id", "cause", "ref"),
    )

    id: int = tables.key()
    level_id: int = tables.link("stock_level")
    delta: int
    cause: StockCause = tables.choice(StockCause)
    ref: str = tables.word(128)  # the order, return, delivery note or count
    created_at: datetime = tables.created()
