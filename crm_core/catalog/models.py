"""What the shops sell."""

from datetime import date, datetime

from sqlmodel import SQLModel

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
