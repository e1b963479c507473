"""What a rule would have given last month, before it is switched on; nothing is written."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from sqlmodel import Session, col, select

from crm_core.authz import Actor, Permission
from crm_core.clock import today
from crm_core.earning import deeds, service
from crm_core.earning.applying import Deed, Rule
from crm_core.earning.definition import Trigger
from crm_core.orders.models import Order, OrderState
from crm_core.points.models import PointsEntry
from crm_core.settings import settings

_AT_ONCE = 500


@dataclass(frozen=True)
class Simulation:
    """What a month came to without a rule and would have come to with it."""

    since: date
    until: date  # the day after the last one
    deeds: int  # orders, votes, check-ins …
    affected: int  # deeds that would have earned more
    customers: int  # who would have got more
    points_without: int
    points_with: int


def simulate(
    session: Session, actor: Actor, rule: Rule, *, since: date | None = None
) -> Simulation:
    """Reckon the month that begins at `since` (else the last whole one) with and without a rule.

    The rules that are on count in both; the rule's own dates do not: it is as if it had been on
    all month.

    Raises:
        Forbidden: the actor may not see reports.
    """
    actor.require(Permission.REPORT_READ)
    begins = since or _month_before(today())
    ends = _next_month(begins)
    always = rule.definition.model_copy(update={"since": None, "until": None})
    without = [each for each in service.in_force(session) if each.title != rule.title]
    counted = _Count()
    for customer_id, deed in _happened(session, rule.definition.on, begins, ends, always.task):
        was = sum(share.points for share in service.reckon(session, deed, without))
        with_it = [*without, Rule(rule.title, always)]
        counted.add(customer_id, was, sum(s.points for s in service.reckon(session, deed, with_it)))
    return Simulation(
        begins, ends, counted.deeds, counted.affected, len(counted.customers), counted.without,
        counted.with_it,
    )  # fmt: skip


class _Count:
    def __init__(self) -> None:
        self.deeds = self.affected = self.without = self.with_it = 0
        self.customers: set[int] = set()

    def add(self, customer_id: int, without: int, with_it: int) -> None:
        self.deeds += 1
        self.without += without
        self.with_it += with_it
        if with_it > without:
            self.affected += 1
            self.customers.add(customer_id)


def _happened(
    session: Session, on: Trigger, since: date, until: date, task: str
) -> Iterator[tuple[int, Deed]]:
    begins, ends = _moment(since), _moment(until)
    if on is Trigger.PURCHASE:
        yield from _orders(session, begins, ends)
        return
    earned = select(PointsEntry.customer_id, PointsEntry.created_at).where(
        col(PointsEntry.cause) == on.value,
        PointsEntry.created_at >= begins,
        PointsEntry.created_at < ends,
    )
    if task:
        earned = earned.where(col(PointsEntry.ref).startswith(f"task:{task}", autoescape=True))
    for done in session.exec(earned).partitions(_AT_ONCE):
        found = deeds.of_customers(session, done, on, task=task)
        yield from ((who, deed) for (who, _), deed in zip(done, found, strict=True))


def _orders(session: Session, begins: datetime, ends: datetime) -> Iterator[tuple[int, Deed]]:
    ids = select(Order.id).where(
        Order.paid_at >= begins, Order.paid_at < ends, Order.state != OrderState.RETURNED
    )
    for some in session.exec(ids.order_by(col(Order.id))).partitions(_AT_ONCE):
        orders = list(_by_ids(session, some))
        found = deeds.of_orders(session, orders)
        yield from ((order.customer_id, deed) for order, deed in zip(orders, found, strict=True))
        for order in orders:
            session.expunge(order)  # a month may hold more than fits


def _by_ids(session: Session, ids: Iterable[int]) -> Iterable[Order]:
    return session.exec(select(Order).where(col(Order.id).in_(ids)).order_by(col(Order.id)))


def _moment(day: date) -> datetime:
    return datetime.combine(day, time(), settings().zone)


def _month_before(day: date) -> date:
    return (day.replace(day=1) - timedelta(days=1)).replace(day=1)


def _next_month(day: date) -> date:
    return (day.replace(day=1) + timedelta(days=32)).replace(day=1)
