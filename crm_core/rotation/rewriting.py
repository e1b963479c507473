"""One portion of rows, decrypted under the key they name and encrypted under the present one."""

from collections.abc import Callable, Iterator
from typing import Any

import orjson
from sqlalchemy import (
    Column,
    ColumnElement,
    LargeBinary,
    Row,
    Table,
    bindparam,
    func,
    or_,
    select,
    type_coerce,
    update,
)
from sqlmodel import Session, SQLModel, col
from sqlmodel import select as select_rows

from crm_core import crypto
from crm_core.customers import index
from crm_core.customers.models import Customer
from crm_core.lineage import service as lineage
from crm_core.rotation.walking import Batch
from crm_core.tables import Encrypted

AT_ONCE = 500  # rows in one transaction


def encrypted_tables() -> Iterator[Table]:
    """Every table that holds personal data."""
    for table in SQLModel.metadata.sorted_tables:
        if _columns(table):
            yield table


def under_another_key(session: Session, table: Table) -> int:
    """How many rows hold something that is not under the present key."""
    count = select(func.count()).select_from(table)
    old = [_is_old(column) for column in _columns(table)]
    return session.connection().execute(count.where(or_(*old))).scalar_one()


def rewrite(session: Session, table: Table, after_id: int) -> Batch:
    """The next rows; those that somebody is writing right now are left for another walk."""
    wanted = select(table.c.id, *(_raw(column) for column in _columns(table)), *_told_by(table))
    in_order = wanted.where(table.c.id > after_id).order_by(table.c.id).limit(AT_ONCE)
    rows = session.connection().execute(in_order.with_for_update(skip_locked=True)).all()
    changed = [new for row in rows if (new := _rewritten(table, row))]
    if changed:
        values = {name: bindparam(f"new_{name}", type_=LargeBinary()) for name in _names(table)}
        if table.name in _DIGESTS:
            values["digest"] = bindparam("new_digest")
        same = table.c.id == bindparam("row_id")
        session.connection().execute(update(table).where(same).values(values), changed)
    return Batch(len(rows), rows[-1].id if rows else after_id, len(changed))


def renew_index(session: Session, after_id: int) -> Batch:
    """The next customers: what they are found by, under the present key."""
    wanted = select_rows(Customer).where(col(Customer.id) > after_id).order_by(col(Customer.id))
    found = session.exec(wanted.limit(AT_ONCE).with_for_update()).all()
    for customer in found:
        index.renew(session, customer)
    return Batch(len(found), found[-1].id if found else after_id, 0)


def _rewritten(table: Table, row: Row[Any]) -> dict[str, object] | None:
    """The row's columns under the present key; None where they are so already."""
    kept: dict[str, bytes | None] = {name: getattr(row, name) for name in _names(table)}
    if all(value is None or _is_present(value) for value in kept.values()):
        return None
    clear = {
        column.name: None if (value := kept[column.name]) is None else crypto.decrypt(
            bytes(value), _context(column)
        )
        for column in _columns(table)
    }  # fmt: skip
    new: dict[str, object] = {"row_id": row.id}
    for column in _columns(table):
        value = clear[column.name]
        sealed = None if value is None else crypto.encrypt(value, _context(column))
        new[f"new_{column.name}"] = sealed
    if digest := _DIGESTS.get(table.name):
        new["new_digest"] = digest(row, clear)
    return new


def _columns(table: Table) -> list[Column[Any]]:
    return [column for column in table.columns if isinstance(column.type, Encrypted)]


def _names(table: Table) -> list[str]:
    return [column.name for column in _columns(table)]


def _context(column: Column[Any]) -> str:
    assert isinstance(column.type, Encrypted)
    return column.type.context


def _raw(column: Column[Any]) -> ColumnElement[bytes]:
    return type_coerce(column, LargeBinary()).label(column.name)


def _is_present(stored: bytes) -> bool:
    return crypto.key_id(bytes(stored)) == crypto.current_key_id()


def _is_old(column: Column[Any]) -> ColumnElement[bool]:
    present = crypto.current_key_id()
    begins = func.substr(type_coerce(column, LargeBinary()), 1, len(present))
    return type_coerce(begins, LargeBinary()) != present


def _told_by(table: Table) -> list[Column[Any]]:
    """What else a digest is made of."""
    return [
        table.c[name]
        for name in ("kind", "field", "digest")
        if name in table.c and table.name in _DIGESTS
    ]


def _of_identity(row: Row[Any], clear: dict[str, bytes | None]) -> str:
    return crypto.digest(row.kind.value, orjson.loads(clear["value"] or b'""'))


def _of_entry(row: Row[Any], clear: dict[str, bytes | None]) -> str:
    value = clear["value"]
    return "" if value is None else lineage.digest(row.field, orjson.loads(value))


# Tables whose digests index one of their own encrypted columns.
_DIGESTS: dict[str, Callable[[Row[Any], dict[str, bytes | None]], str]] = {
    "identity": _of_identity,
    "field_entry": _of_entry,
}
