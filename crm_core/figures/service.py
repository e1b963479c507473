"""What customers' purchases come to, kept with every order and made anew from the ledger."""

from collections.abc import Iterator
from itertools import groupby
from operator import attrgetter
from typing import Any

from sqlalchemy import Row, Table, delete, func, insert, select, text, update
from sqlmodel import Session, col

from crm_core.authz import Actor, Permission
from crm_core.customers import service as customers
from crm_core.customers.models import Customer
from crm_core.figures import ledger
from crm_core.figures.models import CustomerFigures
from crm_core.figures.reckoning import Bought, Goods, reckon
from crm_core.orders.models import Order, OrderLine, OrderState

_SORTING_MEMORY = "64MB"  # for each sort of the rebuild
_TABLE: Table = CustomerFigures.__table__  # type: ignore[attr-defined]


def refresh(session: Session, customer_id: int) -> None:
    """Bring one customer's figures to what the ledger says now, in the caller's transaction.

    The caller holds the customer's lock, so that of two sales at once the later one counts both.
    Repeating changes nothing.
    """
    session.flush()
    connection = session.connection()
    orders = list(_orders(session, customer_id))
    theirs = _TABLE.c.customer_id == customer_id
    if not orders:
        connection.execute(delete(_TABLE).where(theirs))
        return
    values = reckon(orders)
    if not connection.execute(update(_TABLE).where(theirs).values(values)).rowcount:
        connection.execute(insert(_TABLE).values(customer_id=customer_id, **values))
    _forget(session)


def rebuild(session: Session, first_id: int, last_id: int) -> int:
    """Make the figures of all customers within these ids anew; returns how many have some.

    Sales to them wait until the caller commits. Repeating changes nothing.
    """
    session.flush()
    connection = session.connection()
    within = col(Customer.id).between(first_id, last_id)
    held = select(col(Customer.id)).where(within).order_by(col(Customer.id)).with_for_update()
    connection.execute(held).all()
    theirs = _TABLE.c.customer_id.between(first_id, last_id)
    connection.execute(delete(_TABLE).where(theirs))
    if connection.dialect.name == "postgresql":  # its default would sort on disk
        connection.execute(text(f"SET LOCAL work_mem = '{_SORTING_MEMORY}'"))
    connection.execute(ledger.filled(first_id, last_id))
    _forget(session)
    return connection.execute(select(func.count()).where(theirs)).scalar_one()


def of(session: Session, actor: Actor, customer_id: int) -> CustomerFigures | None:
    """The figures of one customer; none for somebody who never bought.

    Raises:
        Forbidden: the actor may not see this customer's orders.
        CustomerNotFound: there is no such customer.
    """
    customers.get(session, actor, Permission.ORDER_READ, customer_id)
    wanted = select(CustomerFigures).where(col(CustomerFigures.customer_id) == customer_id)
    return session.scalars(wanted).one_or_none()


def _orders(session: Session, customer_id: int) -> Iterator[Bought]:
    lines = (
        "category", "style", "size", "price_fen", "list_price_fen", "quantity", "returned",
    )  # fmt: skip
    columns = [
        col(Order.id), col(Order.paid_at), col(Order.state), col(Order.store_id),
        col(Order.total_fen), col(Order.refunded_fen), col(OrderLine.id).label("line_id"),
        *(getattr(OrderLine, name) for name in lines),
    ]  # fmt: skip
    wanted = (
        select(*columns)
        .outerjoin(OrderLine, col(OrderLine.order_id) == col(Order.id))
        .where(col(Order.customer_id) == customer_id)
        .order_by(col(Order.id), col(OrderLine.id))
    )
    for _, rows in groupby(session.connection().execute(wanted), attrgetter("id")):
        yield _bought(list(rows))


def _bought(rows: list[Row[Any]]) -> Bought:
    order = rows[0]
    kept = order.state is not OrderState.RETURNED
    return Bought(
        order.id,
        order.paid_at,
        kept,
        order.total_fen - order.refunded_fen,
        order.store_id is not None,
        [_goods(row, kept=kept) for row in rows if row.line_id is not None],
    )


def _goods(row: Row[Any], *, kept: bool) -> Goods:
    return Goods(
        row.line_id,
        row.category,
        row.style,
        row.size,
        row.price_fen,
        row.list_price_fen,
        row.quantity,
        row.quantity - row.returned if kept else 0,
    )


def _forget(session: Session) -> None:
    """What the session read of figures before is no longer so."""
    for row in session.identity_map.values():
        if isinstance(row, CustomerFigures):
            session.expire(row)
