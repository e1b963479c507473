"""What a customer's purchases come to: one row a customer who ever bought.

Everything here follows from the ledger of orders alone and holds no moment of reckoning: dates
stand as dates, so that 「30 天未消费」 is right at any time without anything being computed anew.
docs/segments.md says how each figure is reckoned.
"""

from datetime import datetime

from sqlalchemy import BigInteger
from sqlmodel import Field, SQLModel

from crm_core import tables


class CustomerFigures(SQLModel, table=True):
    """Of orders that were not returned as a whole, less what came back of them."""

    __tablename__ = "customer_figures"
    __table_args__ = tables.args()

    id: int = tables.key()
    customer_id: int = tables.link("customer", unique=True)
    first_at: datetime | None = tables.at(optional=True)
    last_at: datetime | None = tables.at(optional=True, index=True)
    orders: int = 0
    spent_fen: int = Field(default=0, sa_type=BigInteger, nullable=False)
    average_fen: int = Field(default=0, sa_type=BigInteger, nullable=False)  # of an order
    interval_days: int | None = None  # between two purchases, on average; none: fewer than two
    pieces: int = 0
    most_pieces: int = 0  # in one order
    categories: int = 0  # how many different ones
    return_percent: int = 0  # of all pieces ever bought
    discount_percent: int = 0  # of pieces: paid below the list price
    night_percent: int = 0  # of orders: paid between 22:00 and 06:00
    category_1: str | None = tables.word(32, optional=True)
    category_2: str | None = tables.word(32, optional=True)
    category_3: str | None = tables.word(32, optional=True)
    style_1: str | None = tables.word(32, optional=True)
    style_2: str | None = tables.word(32, optional=True)
    style_3: str | None = tables.word(32, optional=True)
    size_1: str | None = tables.word(32, optional=True)
    size_2: str | None = tables.word(32, optional=True)
    size_3: str | None = tables.word(32, optional=True)
    price_band: str | None = tables.word(32, optional=True)  # "300–600 元"
    season: str | None = tables.word(32, optional=True)  # "春"
    part_of_day: str | None = tables.word(32, optional=True)  # "晚上"
    channel: str | None = tables.word(32, optional=True)  # "门店", "线上"
