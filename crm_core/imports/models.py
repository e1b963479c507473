"""Imports of whole files: each run, the names its source uses, and what waits to be applied."""

from datetime import date, datetime
from enum import StrEnum, auto
from typing import Any

from sqlalchemy import BigInteger
from sqlmodel import Field, Index, SQLModel, UniqueConstraint

from crm_core import tables


class RunState(StrEnum):
    READING = auto()
    APPLYING = auto()
    SETTLING = auto()  # points, levels and figures follow
    DONE = auto()
    FAILED = auto()  # broke off; what it had added stands, and can be undone
    UNDONE = auto()


class ImportMapping(SQLModel, table=True):
    """How a source names its columns; a change is a new version, and every run says which."""

    __tablename__ = "import_mapping"
    __table_args__ = tables.args(UniqueConstraint("source", "kind", "version"))

    id: int = tables.key()
    source: str = tables.word(32)
    kind: str = tables.word(32)
    version: int
    definition: dict[str, Any] = tables.json()
    actor: str = tables.word(64)
    created_at: datetime = tables.created()


class ImportRun(SQLModel, table=True):
    """One file, from its first line to its undoing."""

    __tablename__ = "import_run"
    __table_args__ = tables.args()

    id: int = tables.key()
    kind: str = tables.word(32)  # "order"
    source: str = tables.word(32)
    mapping_id: int | None = tables.link("import_mapping", optional=True)
    file_name: str = tables.word(255)
    content: str = tables.word(64)  # SHA-256 of the file
    state: RunState = tables.choice(RunState, default=RunState.READING)
    dry_run: bool = False
    actor: str = tables.word(64)
    lines: int = 0  # of the file, read so far
    done: int = 0  # records of `records` that are applied or settled
    records: int = 0
    added: int = 0
    changed: int = 0
    same: int = 0
    failed: int = 0
    undone: int = 0
    kept: int = 0  # not undone, for something else depends on them by now
    started_at: datetime = tables.created()
    ended_at: datetime | None = tables.at(optional=True)


class ImportProblem(SQLModel, table=True):
    """A line that was left out, and why; the line's contents stay in the file."""

    __tablename__ = "import_problem"
    __table_args__ = tables.args(Index(None, "run_id", "record"), Index(None, "run_id", "line"))

    id: int = tables.key()
    run_id: int = tables.link("import_run", index=False)
    line: int
    record: str = tables.word(64, default="")  # the order's number, where it could be read
    reason: str = tables.word(255)


class StagedLine(SQLModel, table=True):
    """A line of an order as read, until it is applied; ids are what the names were found to be."""

    __tablename__ = "import_line"
    __table_args__ = tables.args(Index(None, "run_id", "order_no"))

    id: int = tables.key()
    run_id: int = Field(sa_type=BigInteger, nullable=False)
    line: int
    order_no: str = tables.word(64)
    customer_id: int = Field(sa_type=BigInteger, nullable=False)
    store_id: int | None = Field(default=None, sa_type=BigInteger)
    staff_id: int | None = Field(default=None, sa_type=BigInteger)
    paid_at: datetime = tables.at()
    total_fen: int | None = None
    earns: int = 1
    product_id: int | None = Field(default=None, sa_type=BigInteger)
    product_name: str = tables.word(128)
    category: str = tables.word(32)
    size: str = tables.word(32)
    color: str = tables.word(32)
    quantity: int
    price_fen: int
    amount_fen: int  # of all its pieces
    list_price_fen: int | None = None
    style: str = tables.word(32)


class Outcome(StrEnum):
    NEW = auto()  # to be added
    KNOWN = auto()  # an order has this number; the same one?
    SAME = auto()
    REFUSED = auto()
    ADDED = auto()
    UNDONE = auto()
    KEPT = auto()  # by undoing, for something else depends on it by now


class StagedOrder(SQLModel, table=True):
    """An order of a run and what became of it: by this it is undone."""

    __tablename__ = "import_order"
    __table_args__ = tables.args(UniqueConstraint("run_id", "order_no"))

    id: int = tables.key()
    run_id: int = tables.link("import_run", index=False)
    order_no: str = tables.word(64, index=True)
    first_line: int
    customer_id: int = Field(sa_type=BigInteger, nullable=False)
    store_id: int | None = Field(default=None, sa_type=BigInteger)
    staff_id: int | None = Field(default=None, sa_type=BigInteger)
    paid_at: datetime = tables.at()
    total_fen: int = Field(sa_type=BigInteger, nullable=False)
    earns: int = 1
    outcome: Outcome = tables.choice(Outcome, default=Outcome.NEW)
    reason: str = tables.word(255, default="")


class SourceDay(SQLModel, table=True):
    """What a source says it sent of one day, and what was held when that was compared last."""

    __tablename__ = "source_day"
    __table_args__ = tables.args(UniqueConstraint("source", "day"))

    id: int = tables.key()
    source: str = tables.word(32)
    day: date
    said_orders: int
    said_fen: int = Field(sa_type=BigInteger, nullable=False)
    held_orders: int = 0
    held_fen: int = Field(default=0, sa_type=BigInteger, nullable=False)
    sent_until: datetime | None = tables.at(optional=True)  # its newest order, as the source says
    said_at: datetime = tables.created()
    compared_at: datetime | None = tables.at(optional=True)
    refetched_at: datetime | None = tables.at(optional=True)


class SourceOrder(SQLModel, table=True):
    """An order that a source says it sent: by these, gaps are named."""

    __tablename__ = "source_order"
    __table_args__ = tables.args(UniqueConstraint("source_day_id", "order_no"))

    id: int = tables.key()
    source_day_id: int = tables.link("source_day", index=False)
    order_no: str = tables.word(64)
    total_fen: int = Field(sa_type=BigInteger, nullable=False)
