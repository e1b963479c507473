"""Rows of any table as JSON, to be written again as they were."""

from datetime import date, datetime
from enum import Enum
from typing import Any

from sqlalchemy import Connection, Date, Table, insert, select

from crm_core.tables import UtcDateTime

Row = dict[str, Any]


def read(connection: Connection, table: Table, row_id: int) -> Row | None:
    """The row as JSON, its secrets in clear: what keeps it is encrypted as a whole."""
    found = connection.execute(select(table).where(table.c.id == row_id))
    row = found.mappings().first()
    return {name: _plain(value) for name, value in row.items()} if row else None


def write(connection: Connection, table: Table, row: Row) -> int:
    """Write a row again, under its number or, if that is taken by now, under a new one."""
    values = {name: _typed(table, name, value) for name, value in row.items()}
    same = select(table.c.id).where(table.c.id == row["id"])
    if connection.execute(same).first():
        del values["id"]
    made = connection.execute(insert(table).values(values)).inserted_primary_key
    return int(made[0]) if made else int(row["id"])


def _plain(value: Any) -> Any:
    match value:
        case Enum():
            return value.value
        case datetime() | date():
            return value.isoformat()
        case _:
            return value


def _typed(table: Table, name: str, value: Any) -> Any:
    if value is None:
        return None
    if isinstance(table.c[name].type, UtcDateTime):
        return datetime.fromisoformat(value)
    if isinstance(table.c[name].type, Date):
        return date.fromisoformat(value)
    return value
