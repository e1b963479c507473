"""Finding orders as a whole, returned ones too: a complaint may be about a return."""

from collections.abc import Sequence
from datetime import datetime

from sqlmodel import Session, col, select

from crm_core.authz import Actor, Permission
from crm_core.customers import service as customers
from crm_core.orders.models import Order, OrderState


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


def kept_of(session: Session, since: datetime, until: datetime) -> Sequence[Order]:
    """Orders paid in a time and not returned, oldest first. The caller has the right to know."""
    wanted = select(Order).where(
        Order.paid_at >= since, Order.paid_at <= until, Order.state != OrderState.RETURNED
    )
    return session.exec(wanted.order_by(col(Order.paid_at), col(Order.id))).all()


def get(session: Session, order_id: int) -> Order:
    """The order with this id, which another row names. The caller has the right to know."""
    return session.get_one(Order, order_id)
