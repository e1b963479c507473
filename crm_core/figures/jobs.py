"""Making figures anew: after an import, after an update, or when somebody doubts them."""

from collections.abc import Callable

from sqlmodel import col, func, select

from crm_core.customers.models import Customer
from crm_core.db import reading, unit_of_work
from crm_core.figures import service
from crm_core.figures.models import CustomerFigures
from crm_core.orders.models import Order

_AT_ONCE = 250_000  # customers; sales to them wait until they are done

Shown = Callable[[int, int], None]


def rebuild_all(shown: Shown = lambda _done, _of: None) -> int:
    """Make the figures of every customer anew, some at a time; returns how many have some.

    `shown` hears after each part up to which id it went, and which is the last. Repeating
    changes nothing.
    """
    with reading() as session:
        last_id = session.exec(select(func.max(col(Customer.id)))).one() or 0
    return _rebuild(1, last_id, shown)


def fill_missing(shown: Shown = lambda _done, _of: None) -> int:
    """Make the figures where orders have none, as after an update from a release without them."""
    without = (
        select(func.min(col(Order.customer_id)), func.max(col(Order.customer_id)))
        .outerjoin(CustomerFigures, col(CustomerFigures.customer_id) == col(Order.customer_id))
        .where(col(CustomerFigures.id).is_(None))
    )
    with reading() as session:
        first_id, last_id = session.exec(without).one()
    return _rebuild(first_id, last_id, shown) if first_id else 0


def _rebuild(first_id: int, last_id: int, shown: Shown) -> int:
    made = 0
    for begin in range(first_id, last_id + 1, _AT_ONCE):
        until = min(begin + _AT_ONCE - 1, last_id)
        with unit_of_work() as session:
            made += service.rebuild(session, begin, until)
        shown(until, last_id)
    return made
