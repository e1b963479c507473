"""Finding orders: as a whole, returned ones too (a complaint may be about a return), or by line."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import false
from sqlmodel import Session, col, select

from crm_core.authz import Actor, Permission
from crm_core.catalog import service as catalog
from crm_core.customers import service as customers
from crm_core.orders.models import Order, OrderLine, OrderState


def of_customer(
    session: Session,
    actor: Actor,
    customer_id: int,
    *,
    order_no: str | None = None,
    since: datetime | None = None,
) -> Sequence[Order]:
    """A customer's orders, newest first: the one with this number, or those paid since a moment.

    Raises:
        Forbidden: the actor may not see this customer's orders.
        CustomerNotFound: there is no such customer.
    """
    customers.get(session, actor, Permission.ORDER_READ, customer_id)
    wanted = select(Order).where(Order.customer_id == customer_id)
    if order_no is not None:
        wanted = wanted.where(Order.order_no == order_no)
    if since is not None:
        wanted = wanted.where(Order.paid_at >= since)
    return session.exec(wanted.order_by(col(Order.paid_at).desc(), col(Order.id).desc())).all()


@dataclass(frozen=True)
class Purchase:
    """One line of an order that was kept."""

    order: Order
    line: OrderLine


def last_purchases(
    session: Session,
    actor: Actor,
    customer_id: int,
    *,
    category: str | None = None,
    product: str | None = None,
    limit: int = 5,
) -> Sequence[Purchase]:
    """What a customer bought and did not return, newest first.

    `product` is as said: an article number, a name or a part of one.

    Raises:
        Forbidden: the actor may not see this customer's orders.
        CustomerNotFound: there is no such customer.
    """
    customers.get(session, actor, Permission.ORDER_READ, customer_id)
    wanted = (
        select(Order, OrderLine)
        .join(OrderLine, col(OrderLine.order_id) == col(Order.id))
        .where(Order.customer_id == customer_id, OrderLine.returned < OrderLine.quantity)
        .order_by(col(Order.paid_at).desc(), col(Order.id).desc(), col(OrderLine.id))
    )
    if category:
        wanted = wanted.where(OrderLine.category == category)
    if product:
        ids = [found.id for found in catalog.find(session, product)]
        by_name = col(OrderLine.product_name).contains(product, autoescape=True)
        wanted = wanted.where(col(OrderLine.product_id).in_(ids) | by_name)
    return [Purchase(order, line) for order, line in session.exec(wanted.limit(limit))]


def listed(
    session: Session,
    actor: Actor,
    *,
    customer_id: int | None = None,
    since: datetime | None = None,
    after: int = 0,
    limit: int = 50,
) -> Sequence[Order]:
    """Orders of one customer or of all, paid since a moment, from behind the order `after`.

    Raises:
        Forbidden: the actor may not.
        CustomerNotFound: there is no such customer.
    """
    actor.require(Permission.ORDER_READ)
    wanted = select(Order).where(Order.id > after)
    if customer_id is not None:
        customers.get(session, actor, Permission.ORDER_READ, customer_id)
        wanted = wanted.where(Order.customer_id == customer_id)
    if since is not None:
        wanted = wanted.where(Order.paid_at >= since)
    return session.exec(wanted.order_by(col(Order.id)).limit(limit)).all()


def lines_of(session: Session, orders: Sequence[Order]) -> dict[int, list[OrderLine]]:
    """The lines of some orders, by the order's id."""
    lines: dict[int, list[OrderLine]] = {order.id: [] for order in orders}
    wanted = select(OrderLine).where(col(OrderLine.order_id).in_(lines)).order_by(_written)
    for line in session.exec(wanted if lines else wanted.where(false())):
        lines[line.order_id].append(line)
    return lines


def numbers(session: Session, ids: Collection[int]) -> dict[int, str]:
    """The numbers of some orders, by id. The caller has the right to know."""
    wanted = select(Order.id, Order.order_no).where(col(Order.id).in_(ids))
    return dict(session.exec(wanted).all()) if ids else {}


def kept_of(session: Session, since: datetime, until: datetime) -> Sequence[Order]:
    """Orders paid in a time and not returned, oldest first. The caller has the right to know."""
    wanted = select(Order).where(
        Order.paid_at >= since, Order.paid_at <= until, Order.state != OrderState.RETURNED
    )
    return session.exec(wanted.order_by(col(Order.paid_at), col(Order.id))).all()


def by_ids(session: Session, ids: Collection[int]) -> dict[int, Order]:
    """Some orders, by id. The caller has the right to know."""
    wanted = select(Order).where(col(Order.id).in_(set(ids)))
    return {order.id: order for order in session.exec(wanted)}


def get(session: Session, order_id: int) -> Order:
    """The order with this id, which another row names. The caller has the right to know."""
    return session.get_one(Order, order_id)


_written = col(OrderLine.id)
