"""What was merged, so that it can be parted again, and who may be one person."""

from datetime import datetime
from enum import StrEnum, auto
from typing import Any

from sqlmodel import CheckConstraint, SQLModel, UniqueConstraint

from crm_core import tables


class Merge(SQLModel, table=True):
    """One record that became a part of another."""

    __tablename__ = "customer_merge"
    __table_args__ = tables.args(CheckConstraint("source_id <> target_id", name="two_records"))

    id: int = tables.key()
    source_id: int = tables.link("customer")
    target_id: int = tables.link("customer")
    ref: str = tables.word(128, unique=True)
    rule: str = tables.word(64)  # a row of the table of rules: "card", "reviewed"
    actor: str = tables.word(64)
    fields: dict[str, Any] = tables.secret(
        "customer_merge.fields"
    )  # what both said before, and then
    at: datetime = tables.created()
    undone_at: datetime | None = tables.at(optional=True)
    undone_ref: str | None = tables.word(128, optional=True, unique=True)


class MergePart(SQLModel, table=True):
    """The rows of one column that a merge changed; `done` numbers the parts in their order."""

    __tablename__ = "merge_part"
    __table_args__ = tables.args(UniqueConstraint("merge_id", "done"))

    id: int = tables.key()
    merge_id: int = tables.link("customer_merge", index=False)
    done: int
    table_name: str = tables.word(64)
    column_name: str = tables.word(64)
    was: int  # what the column referred to before
    now: int | None = None  # and afterwards
    row_ids: list[int] = tables.json()  # the rows that were moved
    refs: dict[str, str] | None = tables.secret("merge_part.refs", optional=True)  # by id, before
    dropped: list[dict[str, Any]] | None = tables.secret("merge_part.dropped", optional=True)


class PairState(StrEnum):
    OPEN = auto()
    ACCEPTED = auto()
    REJECTED = auto()


class DuplicatePair(SQLModel, table=True):
    """Two records that may be one person, and what speaks for it."""

    __tablename__ = "duplicate_pair"
    __table_args__ = tables.args(
        UniqueConstraint("first_id", "second_id"),
        CheckConstraint("first_id < second_id", name="in_order"),
    )

    id: int = tables.key()
    first_id: int = tables.link("customer", index=False)
    second_id: int = tables.link("customer")
    state: PairState = tables.choice(PairState, default=PairState.OPEN, index=True)
    score: int  # 1 to 100, for the order of the list
    evidence: list[str] = tables.json()  # codes, never values
    found_at: datetime = tables.created()
    decided_at: datetime | None = tables.at(optional=True)
    decided_by: str | None = tables.word(64, optional=True)
