"""Making all figures anew: after an import, or when somebody doubts them."""

from collections.abc import Callable

from sqlmodel import col, func, select

from crm_core.customers.models import Customer
from crm_core.db import reading, unit_of_work
from crm_core.figures import service

_AT_ONCE = 100_000  # customers; sales to them wait for some seconds


def rebuild_all(shown: Callable[[int, int], None] = lambda _done, _of: None) -> int:
    """Make the figures of every customer anew, some at a time; returns how many have some.

    `shown` hears after each part up to which id it went, and which is the last. Repeating
    changes nothing.
    """
    with reading() as session:
        last_id = session.exec(select(func.max(col(Customer.id)))).one() or 0
    made = 0
    for first_id in range(1, last_id + 1, _AT_ONCE):
        until = min(first_id + _AT_ONCE - 1, last_id)
        with unit_of_work() as session:
            made += service.rebuild(session, first_id, until)
        shown(until, last_id)
    return made
