"""What the shops sell."""

from datetime import date, datetime

from sqlmodel import CheckConstraint, SQLModel

from crm_core import tables


class Product(SQLModel, table=True):
    __table_args__ = tables.args()

    id: int = tables.key()
    article_no: str = tables.word(32, unique=True)
    name: str = tables.word(128, index=True)
    category: str = tables.word(32, index=True)
    styles: list[str] = tables.json(default_factory=list)
    colors: list[str] = tables.json(default_factory=list)
    sizes: list[str] = tables.json(default_factory=list)
    price_fen: int
    launched_on: date | None = None
    withdrawn: bool = False
    created_at: datetime = tables.created()


class Price(SQLModel, table=True):
    """What a product costs in a time, in one shop or in all."""

    __table_args__ = tables.args(
        CheckConstraint("price_fen >= 0", name="price"),
        CheckConstraint("ends_at is null or ends_at > starts_at", name="time"),
    )

    id: int = tables.key()
    price_no: str = tables.word(64, unique=True)
    product_id: int = tables.link("product")
    store_id: int | None = tables.link("store", optional=True)  # none: everywhere
    price_fen: int
    starts_at: datetime = tables.at()
    ends_at: datetime | None = tables.at(optional=True)
    created_at: datetime = tables.created()
