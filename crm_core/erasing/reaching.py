"""The rows that are about a customer, however many tables away, and emptying them."""

from collections import defaultdict
from collections.abc import Iterator
from typing import Any

from sqlalchemy import Column, Table, select, update
from sqlmodel import Session, SQLModel

from crm_core.tables import Encrypted

_AT_ONCE = 500  # ids in one IN (…)


def blank(session: Session, customer_ids: list[int]) -> None:
    """Empty every encrypted value of the rows about these customers."""
    session.flush()
    for table, ids in rows_about(session, customer_ids).items():
        secret = [column for column in table.columns if isinstance(column.type, Encrypted)]
        for some in portions(sorted(ids)) if secret else ():
            _empty(session, table, secret, some)
    session.expire_all()


def rows_about(session: Session, customer_ids: list[int]) -> dict[Table, set[int]]:
    """The ids of the rows that refer to these customers, or to a row that does, by table."""
    found: dict[Table, set[int]] = defaultdict(set)
    found[_table("customer")] = set(customer_ids)
    fresh: dict[Table, set[int]] = dict(found)
    while fresh:
        reached: dict[Table, set[int]] = defaultdict(set)
        for table, column, target in _references():
            for some in portions(sorted(fresh.get(target, ()))):
                about = select(table.c.id).where(column.in_(some))
                reached[table] |= set(session.connection().execute(about).scalars()) - found[table]
        for table, ids in reached.items():
            found[table] |= ids
        fresh = {table: ids for table, ids in reached.items() if ids}
    return found


def tables_about_customers() -> set[Table]:
    """The tables that refer to customers, or to a table that does."""
    found = {_table("customer")}
    while True:
        more = {table for table, _, target in _references() if target in found} - found
        if not more:
            return found
        found |= more


def portions(ids: list[int]) -> Iterator[list[int]]:
    """So many at a time as a statement takes."""
    return (ids[start : start + _AT_ONCE] for start in range(0, len(ids), _AT_ONCE))


def _table(name: str) -> Table:
    return SQLModel.metadata.tables[name]


def _references() -> Iterator[tuple[Table, Column[Any], Table]]:
    for table in SQLModel.metadata.sorted_tables:
        for column in table.columns:
            for key in column.foreign_keys:
                if "id" in table.columns:
                    yield table, column, key.column.table


def _empty(session: Session, table: Table, secret: list[Column[Any]], ids: list[int]) -> None:
    connection = session.connection()
    rows = connection.execute(select(table.c.id, *secret).where(table.c.id.in_(ids))).all()
    for row in rows:
        values = {
            column.name: None if column.nullable else type(value)()
            for column, value in zip(secret, row[1:], strict=True)
            if value is not None
        }
        if values:
            connection.execute(update(table).where(table.c.id == row.id).values(values))
