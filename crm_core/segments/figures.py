"""Recency, frequency and monetary value of every customer, and the rules on them, as SQL.

Days are calendar days in the shop's time zone, so that a segment holds still for a day. A rule is
a mapping from the names in `_TESTS` to numbers; all of them must hold.
"""

from collections.abc import Callable, Mapping
from datetime import date, datetime, time, timedelta

from sqlalchemy import ColumnElement, Subquery, and_, case, select
from sqlmodel import col, func

from crm_core.clock import now, today
from crm_core.orders.models import Order, OrderState
from crm_core.settings import settings


def figures(window_days: int) -> Subquery:
    """One row a customer who bought: customer_id, first_at, last_at, frequency, monetary_fen.

    `first_at` and `last_at` look at all time, frequency (orders) and monetary value (fen) at
    orders at most `window_days` old. Returned orders count nowhere.
    """
    recent = col(Order.paid_at) >= day_begins(window_days)
    kept = col(Order.state) != OrderState.RETURNED, col(Order.paid_at) <= now()
    return (
        select(
            col(Order.customer_id).label("customer_id"),
            func.min(col(Order.paid_at)).label("first_at"),
            func.max(col(Order.paid_at)).label("last_at"),
            func.sum(case((recent, 1), else_=0)).label("frequency"),
            func.sum(case((recent, col(Order.total_fen)), else_=0)).label("monetary_fen"),
        )
        .where(*kept)
        .group_by(col(Order.customer_id))
        .subquery("figures")
    )


def fits(rule: Mapping[str, int], of: Subquery) -> ColumnElement[bool]:
    """Whether a customer's figures fit all parts of a rule."""
    return and_(*(_TESTS[name](of, number) for name, number in rule.items()))


def day_begins(days_ago: int) -> datetime:
    """The moment the day that many days ago began in the shop's time zone."""
    day: date = today() - timedelta(days=days_ago)
    return datetime.combine(day, time(), settings().zone)


_Test = Callable[[Subquery, int], ColumnElement[bool]]

_TESTS: dict[str, _Test] = {
    "recency_days_below": lambda of, n: of.c.last_at >= day_begins(n - 1),
    "recency_days_up_to": lambda of, n: of.c.last_at >= day_begins(n),
    "recency_days_above": lambda of, n: of.c.last_at < day_begins(n),
    "frequency_from": lambda of, n: of.c.frequency >= n,
    "frequency_up_to": lambda of, n: of.c.frequency <= n,
    "monetary_fen_from": lambda of, n: of.c.monetary_fen >= n,
    "monetary_fen_below": lambda of, n: of.c.monetary_fen < n,
    "first_order_within_days": lambda of, n: of.c.first_at >= day_begins(n),
}
