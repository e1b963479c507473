"""What it cost to win customers, by where they came from."""

from datetime import date, datetime

from sqlalchemy import BigInteger
from sqlmodel import CheckConstraint, Field, SQLModel, UniqueConstraint

from crm_core import tables


class AcquisitionCost(SQLModel, table=True):
    """What was spent on one source in one month."""

    __tablename__ = "acquisition_cost"
    __table_args__ = tables.args(
        UniqueConstraint("source", "month"), CheckConstraint("cost_fen >= 0", name="cost")
    )

    id: int = tables.key()
    source: str = tables.word(32)  # "oa", "import": the source of the first identity
    month: date  # its first day
    cost_fen: int = Field(sa_type=BigInteger, nullable=False)
    changed_at: datetime = tables.created()
