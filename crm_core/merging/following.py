"""What came after a merge goes along with what it belongs to when the two are parted."""

import re
from collections.abc import Iterable, Iterator

from sqlalchemy import Connection, select, update
from sqlmodel import Session

from crm_core.merging.graph import Reference, links, unique_with
from crm_core.merging.moving import of_customers, rename, table_of, twins

# Points go by lots (see ledgers.py), and a record does not belong to another's message.
_NOT_HERE = frozenset({"points_entry", "customer"})
_SENDER = "identity_id"  # says whose a message is; the talk was of both
_BY_MESSAGE = re.compile(r"(?:chat|inbound):(\d+)")  # refs of what a message caused


def bring_along(session: Session, source_id: int, target_id: int) -> set[str]:
    """Move to the source what refers to rows of the source, and what its messages caused.

    An answer follows its questionnaire, a rating its order, a vote the message it came by.
    Returns the refs of what was moved.
    """
    session.flush()
    connection = session.connection()
    refs: set[str] = set()
    messages: set[int] = set()
    while moved := _step(connection, source_id, target_id, messages):
        for column, ids in moved:
            refs |= _refs(connection, column, ids)
            if column.table.name == "inbound":
                messages |= set(ids)
    session.expire_all()
    return refs


def bring_events(session: Session, refs: set[str], source_id: int, target_id: int) -> None:
    """Events of the timeline go with the rows that were written beside them."""
    connection = session.connection()
    for column in (one for one in of_customers() if one.table.name == "timeline_event"):
        table = table_of(column)
        wanted = select(table.c.id).where(column == target_id, table.c.ref.in_(sorted(refs)))
        send(connection, column, connection.execute(wanted).scalars().all(), target_id, source_id)
    session.expire_all()


def by_message(ref: str) -> int | None:
    """The message that a ref names."""
    named = _BY_MESSAGE.match(ref)
    return int(named[1]) if named else None


def _step(
    connection: Connection, source_id: int, target_id: int, messages: set[int]
) -> list[tuple[Reference, list[int]]]:
    """Move what follows directly; returns which rows of which column."""
    moved = []
    for column in of_customers():
        if column.table.name in _NOT_HERE:
            continue
        ids = {
            *_tied(connection, column, source_id, target_id),
            *_caused(connection, column, target_id, messages),
        }
        if sent := send(connection, column, ids, target_id, source_id):
            moved.append((column, sent))
    return moved


def _tied(
    connection: Connection, column: Reference, source_id: int, target_id: int
) -> Iterator[int]:
    """The target's rows that refer to a row of the source."""
    table = table_of(column)
    for link, parent in links(table):
        for owner in (one for one in of_customers() if one.table is parent):
            other = parent.alias()
            theirs = [column == target_id, other.c[owner.name] == source_id]
            if link.name != _SENDER and _SENDER in table.c:
                theirs.append(table.c[_SENDER].is_(None))
            wanted = select(table.c.id).join(other, link == other.c.id)
            yield from connection.execute(wanted.where(*theirs)).scalars()


def _caused(
    connection: Connection, column: Reference, target_id: int, messages: set[int]
) -> Iterator[int]:
    """The target's rows that one of these messages caused."""
    table = table_of(column)
    if not messages or "ref" not in table.c:
        return
    wanted = select(table.c.id, table.c.ref).where(column == target_id)
    for row_id, ref in connection.execute(wanted):
        if ref and by_message(ref) in messages:
            yield row_id


def send(
    connection: Connection, column: Reference, ids: Iterable[int], was: int, now: int
) -> list[int]:
    """Let these rows refer to `now`; returns those that could: what `now` has already, stays."""
    going = set(ids)
    if not going:
        return []
    table = table_of(column)
    for others in unique_with(column):
        for mine, _ in twins(connection, column, others, was, now):
            if mine in going and "ref" in others:
                rename(connection, table, mine, was)
            else:
                going.discard(mine)
    gone = sorted(going)
    connection.execute(update(table).where(table.c.id.in_(gone)).values({column: now}))
    return gone


def _refs(connection: Connection, column: Reference, ids: list[int]) -> set[str]:
    table = table_of(column)
    if "ref" not in table.c:
        return set()
    wanted = select(table.c.ref).where(table.c.id.in_(ids))
    return set(connection.execute(wanted).scalars())
