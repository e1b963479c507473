"""Making two records of one person one: everything moves, nothing is lost."""

from collections.abc import Iterator
from typing import Any

from sqlalchemy import Column, Connection, Table, UniqueConstraint, and_, delete, select, update
from sqlmodel import Session, SQLModel
from sqlmodel import select as select_rows

from crm_core.audit import service as audit
from crm_core.authz import Actor, Permission
from crm_core.customers import service, verification
from crm_core.customers.models import Customer, Tier
from crm_core.customers.service import CustomerNotFound

_NEWER_WINS = {"conversation"}  # the talk that is going on; the other record's is let go
_NOT_MOVED = {"search_key"}  # made anew from what the joined record holds
_TIERS = list(Tier)


def join(session: Session, actor: Actor, source_id: int, target_id: int, *, ref: str) -> Customer:
    """Move all that belongs to the record `source_id` to `target_id`, which is returned.

    Where only one row of its kind can be (a ballot in a poll), the target's stays. Every table
    that refers to customers is walked, so one that is added later is covered. Safe to repeat.

    Raises:
        Forbidden: the actor may not change the source, or neither sees the target nor has
            proven to be it.
        CustomerNotFound: one of them does not exist, or is another record by now.
    """
    locked = {each: _lock(session, each) for each in sorted({source_id, target_id})}
    source, target = locked[source_id], locked[target_id]
    if source.joined_into == target_id:
        return target
    if source_id == target_id or source.joined_into or target.joined_into:
        raise CustomerNotFound(source_id)
    actor.require(Permission.CUSTOMER_WRITE, source)
    if not verification.is_proven(session, source_id, target_id):
        actor.require(Permission.CUSTOMER_WRITE, target)
    dropped = _move(session, source_id, target_id)
    _complete(session, source, target)
    audit.record(
        session, actor, "customer:join", f"customer:{target_id}", source=source_id, ref=ref,
        dropped=dropped,
    )  # fmt: skip
    return target


def _lock(session: Session, customer_id: int) -> Customer:
    wanted = select_rows(Customer).where(Customer.id == customer_id).with_for_update()
    found = session.exec(wanted.execution_options(populate_existing=True)).one_or_none()
    if found is None:
        raise CustomerNotFound(customer_id)
    return found


def _move(session: Session, source_id: int, target_id: int) -> dict[str, int]:
    """Repoint every row; returns how many rows of which table the target had already."""
    session.flush()
    connection = session.connection()
    dropped: dict[str, int] = {}
    for table, column in _references():
        if table.name in _NOT_MOVED:
            connection.execute(delete(table).where(column == source_id))
            continue
        if table.name in _NEWER_WINS:
            _let_go(connection, column, source_id, target_id)
        if doubled := _settle(connection, column, source_id, target_id):
            dropped[table.name] = doubled
        connection.execute(update(table).where(column == source_id).values({column: target_id}))
    session.expire_all()
    return dropped


def _references() -> Iterator[tuple[Table, Column[int]]]:
    of_customers = SQLModel.metadata.tables["customer"].c.id
    for table in SQLModel.metadata.sorted_tables:
        for column in table.columns:
            if any(key.column is of_customers for key in column.foreign_keys):
                yield table, column


def _let_go(connection: Connection, column: Column[int], source_id: int, target_id: int) -> None:
    if connection.execute(select(column).where(column == source_id)).first():
        theirs = update(column.table).where(column == target_id)
        connection.execute(theirs.values({column: None}))


def _settle(connection: Connection, column: Column[int], source_id: int, target_id: int) -> int:
    """Let no row of the source clash with one of the target; returns how many were dropped.

    A row that is told apart by what caused it (its `ref`) gets a ref of its own.
    """
    dropped = 0
    table = column.table
    for others in _unique_with(column):
        theirs = table.alias()
        equal = [table.c[name] == theirs.c[name] for name in others]
        twins = and_(theirs.c[column.name] == target_id, *equal)
        clashing = select(table.c.id).join(theirs, twins).where(column == source_id)
        ids = list(connection.execute(clashing).scalars())
        mine = table.c.id.in_(ids)
        if "ref" in others:
            own_ref = table.c.ref + f":customer:{source_id}"
            connection.execute(update(table).where(mine).values(ref=own_ref))
        else:
            connection.execute(delete(table).where(mine))
            dropped += len(ids)
    return dropped


def _unique_with(column: Column[int]) -> Iterator[list[str]]:
    """The other columns of each unique key that the column is a part of."""
    table: Any = column.table
    keys = [key for key in table.constraints if isinstance(key, UniqueConstraint)]
    indexes = [key for key in table.indexes if key.unique]
    for key in [*keys, *indexes]:
        names = [part.name for part in key.columns]
        if column.name in names:
            yield [name for name in names if name != column.name]


def _complete(session: Session, source: Customer, target: Customer) -> None:
    """What only the source said of itself goes to the target; the source keeps nothing of it."""
    if source.name and not target.name:
        service.name_them(session, target, source.name)
    if source.phone and not target.phone:
        service.give_phone(session, target, source.phone)
    for field in ("birthday", "city", "assistant_id", "store_id", "member_since"):
        if getattr(target, field) is None:
            setattr(target, field, getattr(source, field))
    target.tier = max(source.tier, target.tier, key=_TIERS.index)
    source.name = source.phone = source.birthday = None
    source.joined_into = target.id
    session.flush()
