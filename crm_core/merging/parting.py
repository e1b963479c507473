"""Undoing the parts of a merge: every row goes back to where it was, as it was."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection, Table, true, update
from sqlmodel import Session, SQLModel, col
from sqlmodel import select as select_rows

from crm_core.merging import rows
from crm_core.merging.graph import links
from crm_core.merging.models import Merge, MergePart

_MOST_AT_ONCE = 500  # ids in one statement
_NewIds = dict[tuple[str, int], int]  # of rows that could not be written under their own


def move_back(session: Session, merge: Merge) -> None:
    """Undo each part, the last one first.

    A row that has gone elsewhere since, or is gone, stays so.
    """
    session.flush()
    connection = session.connection()
    wanted = select_rows(MergePart).where(MergePart.merge_id == merge.id)
    new_ids: _NewIds = {}
    for part in session.exec(wanted.order_by(col(MergePart.done).desc())).all():
        table = SQLModel.metadata.tables[part.table_name]
        for row in part.dropped or ():
            _write(connection, table, row, new_ids)
        if part.row_ids:
            _undo(connection, table, part, merge.at, new_ids)
    session.expire_all()


def _write(connection: Connection, table: Table, row: rows.Row, new_ids: _NewIds) -> None:
    row = dict(row)
    for column, other in links(table):
        value = row[column.name]
        row[column.name] = new_ids.get((other.name, value), value)
    made = rows.write(connection, table, row)
    if made != row["id"]:
        new_ids[table.name, row["id"]] = made


def _undo(
    connection: Connection, table: Table, part: MergePart, at: datetime, new_ids: _NewIds
) -> None:
    column = table.c[part.column_name]
    target = next(other for link, other in links(table) if link is column)
    was = new_ids.get((target.name, part.was), part.was)
    # SQLite gives the number of a deleted row again: what was made since is another row
    is_old = table.c.created_at <= at if "created_at" in table.c else true()
    mine = (column.is_(None) if part.now is None else column == part.now), is_old
    for ids in _chunks(part.row_ids):
        of_them = update(table).where(table.c.id.in_(ids), *mine)
        connection.execute(of_them.values({column: was}))
    for row_id, ref in (part.refs or {}).items():
        this = update(table).where(table.c.id == int(row_id), column == was)
        connection.execute(this.values(ref=ref))


def _chunks(ids: Sequence[int]) -> list[Sequence[int]]:
    return [ids[at : at + _MOST_AT_ONCE] for at in range(0, len(ids), _MOST_AT_ONCE)]
