"""Moving all rows of one record to another, each step kept so that it can be undone."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from sqlalchemy import Connection, Select, Table, and_, delete, exists, or_, select, update
from sqlalchemy import bindparam as given
from sqlmodel import Session, SQLModel

from crm_core.merging import rows
from crm_core.merging.graph import Reference, references, unique_with
from crm_core.merging.models import MergePart

# The first two speak of records as such, the others are derived anew.
STAYS = frozenset({"customer_merge", "duplicate_pair", "search_key", "customer_figures"})
_NEWER_WINS = {"conversation"}  # the talk that is going on; the other record's is let go
# Of two values of one field the newer one is kept; of two of anything else, the target's.
_NEWER_TWIN = {"custom_value": "changed_at"}
_LONGEST_REF = 128


@dataclass
class Log:
    """The parts of one merge, in their order."""

    session: Session
    merge_id: int
    parts: list[MergePart] = field(default_factory=list)
    dropped: dict[str, int] = field(default_factory=dict)  # how many rows of which table

    @property
    def connection(self) -> Connection:
        return self.session.connection()

    def add(self, column: Reference, was: int, now: int | None, **what: Any) -> None:
        self.parts.append(
            MergePart(
                merge_id=self.merge_id, done=len(self.parts), table_name=column.table.name,
                column_name=column.name, was=was, now=now, **{"row_ids": [], **what},
            )
        )  # fmt: skip


def move_everything(session: Session, merge_id: int, source_id: int, target_id: int) -> Log:
    """Let every row that refers to the source refer to the target, and keep how it was.

    Where only one row of its kind can be (a ballot in a poll), one is dropped; rows that are told
    apart by what caused them (`ref`) both stay. Every table that refers to customers is walked, so
    one that is added later is covered.
    """
    session.flush()
    log = Log(session, merge_id)
    for column in taken(session.connection(), source_id):
        repoint(log, column, source_id, target_id)
    session.add_all(log.parts)
    session.expire_all()
    return log


def taken(connection: Connection, customer_id: int) -> Iterator[Reference]:
    """The columns in which some row refers to this customer."""
    found = connection.execute(_taken(), {"of": customer_id}).one()
    return (column for column, is_there in zip(of_customers(), found, strict=True) if is_there)


@cache
def of_customers() -> tuple[Reference, ...]:
    """The columns that a merge moves."""
    return tuple(one for one in references("customer") if one.table.name not in STAYS)


@cache
def _taken() -> Select[Any]:
    asked: list[Any] = [exists().where(column == given("of")) for column in of_customers()]
    wanted: Select[Any] = select(*asked)
    return wanted


def repoint(log: Log, column: Reference, was: int, now: int) -> None:
    """Let the rows that refer to `was` refer to `now`, and so what refers to rows dropped by it."""
    table = table_of(column)
    if table.name in _NEWER_WINS:
        _let_go(log, column, now)
    refs: dict[str, str] = {}
    for others in unique_with(column):
        for mine, theirs in twins(log.connection, column, others, was, now):
            if "ref" in others:
                refs[str(mine)] = rename(log.connection, table, mine, was)
            else:
                _drop_one(log, column, mine, theirs)
    wanted = select(table.c.id).where(column == was)
    ids = list(log.connection.execute(wanted).scalars())
    if ids:
        log.connection.execute(update(table).where(column == was).values({column: now}))
        log.add(column, was, now, row_ids=ids, refs=refs or None)


def _let_go(log: Log, column: Reference, of: int) -> None:
    table = table_of(column)
    ids = list(log.connection.execute(select(table.c.id).where(column == of)).scalars())
    if ids:
        log.connection.execute(update(table).where(column == of).values({column: None}))
        log.add(column, of, None, row_ids=ids)


def twins(
    connection: Connection, column: Reference, others: tuple[str, ...], was: int, now: int
) -> list[tuple[int, int]]:
    """The rows that would be told apart no longer, each with the one it clashes with."""
    table = table_of(column)
    theirs = table.alias()
    equal = [table.c[name] == theirs.c[name] for name in others]
    twins = and_(theirs.c[column.name] == now, *equal)
    wanted = select(table.c.id, theirs.c.id).join(theirs, twins).where(column == was)
    return [(mine, other) for mine, other in connection.execute(wanted)]


def rename(connection: Connection, table: Table, row_id: int, was: int) -> str:
    """Give a row a ref of its own; returns the one it had."""
    this = table.c.id == row_id
    ref: str = connection.execute(select(table.c.ref).where(this)).scalar_one()
    own = f":customer:{was}"
    connection.execute(update(table).where(this).values(ref=ref[: _LONGEST_REF - len(own)] + own))
    return ref


def _drop_one(log: Log, column: Reference, mine: int, theirs: int) -> None:
    table = table_of(column)
    loser, winner = (theirs, mine) if _is_newer(log.connection, table, mine, theirs) else (
        mine, theirs,
    )  # fmt: skip
    for child in references(table.name):
        repoint(log, child, loser, winner)
    content = rows.read(log.connection, table, loser)
    if content is None:  # it clashed under another key too, and is gone already
        return
    log.connection.execute(delete(table).where(table.c.id == loser))
    log.add(column, loser, winner, dropped=[content])
    log.dropped[table.name] = log.dropped.get(table.name, 0) + 1


def _is_newer(connection: Connection, table: Table, mine: int, theirs: int) -> bool:
    if table.name not in _NEWER_TWIN:
        return False
    at = table.c[_NEWER_TWIN[table.name]]
    pair = or_(table.c.id == mine, table.c.id == theirs)
    ordered = select(table.c.id).where(pair).order_by(at.desc(), table.c.id == mine)
    newest: int = connection.execute(ordered.limit(1)).scalar_one()
    return newest == mine


def table_of(column: Reference) -> Table:
    table: Table = SQLModel.metadata.tables[column.table.name]
    return table
