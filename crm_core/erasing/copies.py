"""Copies of a person's data in other people's rows: what staff wrote, were sent and were told."""

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from sqlalchemy import Column, Table, select, update
from sqlmodel import Session, SQLModel

from crm_core.erasing import reaching
from crm_core.tables import Encrypted

# Where a customer's words stand, and the names of the cards that quote them.
_SAID = (
    ("inbound", "text"), ("ticket", "description"), ("rating", "words"), ("alert", "facts"),
    ("alert_step", "note"), ("alert_card", "task_id"),
)  # fmt: skip
_HIDDEN = "***"
_LONG_ENOUGH = 6  # characters; shorter words are anybody's
_PORTION = 500  # rows


def said_by(session: Session, customer_ids: list[int]) -> set[str]:
    """What these customers wrote, and the names of the cards that quote it."""
    reached = reaching.rows_about(session, customer_ids)
    found: set[str] = set()
    for name, column in _SAID:
        table = SQLModel.metadata.tables[name]
        for ids in reaching.portions(sorted(reached.get(table, ()))):
            wanted = select(table.c[column]).where(table.c.id.in_(ids))
            for value in session.connection().execute(wanted).scalars():
                found.update(_strings(value))
    return {one for one in found if len(one) >= _LONG_ENOUGH}


def redact(session: Session, known_as: Iterable[str], said: Iterable[str]) -> None:
    """Star what a person is known as, and what they said, in all rows about no customer.

    What other customers said and are called is theirs: two may have one name.
    """
    session.flush()
    stars = _stars(sorted({*known_as, *said}, key=len, reverse=True))
    about_customers = reaching.tables_about_customers()
    for table in SQLModel.metadata.sorted_tables:
        secret = [column for column in table.columns if isinstance(column.type, Encrypted)]
        if secret and (table not in about_customers or "customer_id" in table.columns):
            _redact_table(session, table, secret, stars)
    session.expire_all()


def _redact_table(
    session: Session, table: Table, secret: list[Column[Any]], stars: Callable[[str], str]
) -> None:
    connection = session.connection()
    names = [column.name for column in secret]
    for row in _rows(session, table, secret):
        values = dict(zip(names, row[1:], strict=True))
        changed = {n: new for n, old in values.items() if (new := _mapped(old, stars)) != old}
        if changed:
            connection.execute(update(table).where(table.c.id == row.id).values(changed))


def _rows(session: Session, table: Table, columns: list[Column[Any]]) -> Iterator[Any]:
    """All rows of a table that are about no customer, read some at a time."""
    last, about = 0, table.c.get("customer_id")
    while True:
        wanted = select(table.c.id, *columns).where(table.c.id > last).order_by(table.c.id)
        if about is not None:
            wanted = wanted.where(about.is_(None))
        rows = session.connection().execute(wanted.limit(_PORTION)).all()
        if not rows:
            return
        yield from rows
        last = rows[-1].id


def _stars(needles: list[str]) -> Callable[[str], str]:
    def starred(text: str) -> str:
        for needle in needles:
            if needle in text:
                text = text.replace(needle, _HIDDEN)
        return text

    return starred


def _mapped(value: Any, rewrite: Callable[[str], str]) -> Any:
    """A JSON value with every string in it rewritten."""
    if isinstance(value, str):
        return rewrite(value)
    if isinstance(value, list):
        return [_mapped(one, rewrite) for one in value]
    if isinstance(value, dict):
        return {key: _mapped(one, rewrite) for key, one in value.items()}
    return value


def _strings(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, list | dict):
        for one in value.values() if isinstance(value, dict) else value:
            yield from _strings(one)
