"""The tables that refer to each other, as the schema has them: what a merge has to walk."""

from collections.abc import Iterator
from functools import cache

from sqlalchemy import Column, Table, UniqueConstraint
from sqlmodel import SQLModel

Reference = Column[int]


@cache
def references(name: str) -> tuple[Reference, ...]:
    """The columns that refer to the table `name`, those of tables nothing hangs on last."""
    key = SQLModel.metadata.tables[name].c.id
    return tuple(
        column
        for table in SQLModel.metadata.sorted_tables
        for column in table.columns
        if any(link.column is key for link in column.foreign_keys)
    )


@cache
def links(table: Table) -> tuple[tuple[Reference, Table], ...]:
    """The columns by which `table` refers to others, with those tables."""
    return tuple(
        (column, link.column.table) for column in table.columns for link in column.foreign_keys
    )


@cache
def unique_with(column: Reference) -> tuple[tuple[str, ...], ...]:
    """The other columns of each unique key that the column is a part of."""
    return tuple(_unique_with(column))


def _unique_with(column: Reference) -> Iterator[tuple[str, ...]]:
    table = column.table
    assert isinstance(table, Table)
    keys = [key.columns for key in table.constraints if isinstance(key, UniqueConstraint)]
    indexes = [key.columns for key in table.indexes if key.unique]
    for columns in (*keys, *indexes):
        names = [part.name for part in columns]
        if column.name in names:
            yield tuple(name for name in names if name != column.name)
