"""Customers, a page at a time."""

from collections.abc import Sequence

from sqlmodel import Session, col, select

from crm_core.authz import Actor, Permission
from crm_core.customers import scope
from crm_core.customers.models import Customer


def listed(
    session: Session, actor: Actor, *, after: int = 0, limit: int = 50
) -> Sequence[Customer]:
    """The customers in the actor's scope, oldest first, from behind the customer `after`.

    Raises:
        Forbidden: the actor may not.
    """
    actor.require(Permission.CUSTOMER_READ)
    wanted = select(Customer).where(Customer.id > after, col(Customer.joined_into).is_(None))
    if not actor.everywhere:
        wanted = wanted.where(scope.within(actor))
    return session.exec(wanted.order_by(col(Customer.id)).limit(limit)).all()
