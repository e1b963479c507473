"""What the shop wants said about returns, points, care and the like."""

from datetime import date, datetime

from sqlmodel import SQLModel

from crm_core import tables


class Article(SQLModel, table=True):
    __table_args__ = tables.args()

    id: int = tables.key()
    code: str = tables.word(32, unique=True)
    title: str = tables.word(128)
    body: str = tables.words()
    keywords: list[str] = tables.json(default_factory=list)
    valid_from: date | None = None
    valid_until: date | None = None
    changed_at: datetime = tables.created()
