"""What follows from imported orders: points, levels, figures, some customers a transaction."""

from collections.abc import Callable, Sequence
from functools import partial

from sqlalchemy import ColumnElement, literal
from sqlmodel import Session, col, exists, func, select

from crm_core import retrying
from crm_core.authz import Actor
from crm_core.customers.service import CustomerNotFound
from crm_core.db import reading, unit_of_work
from crm_core.earning import orders as earning
from crm_core.figures import service as figures
from crm_core.imports.models import Outcome, StagedOrder
from crm_core.orders.models import Order
from crm_core.points.models import PointsEntry
from crm_core.tiers import service as tiers

_CUSTOMERS = 50  # a transaction
_FEW = 2_000  # customers; above it, figures are made anew in ranges
_RANGE = 50_000  # ids

Shown = Callable[[int, int], None]


def settle(actor: Actor, run_id: int, shown: Shown = lambda _done, _of: None) -> None:
    """Give the points of a run's orders, lift levels, bring figures up to date.

    Each step is safe to repeat, so that a run that broke off is settled by the next one of the
    same file. `shown` hears how many customers of how many are done.
    """
    with reading() as session:
        theirs = func.count(func.distinct(Order.customer_id))
        number = session.exec(select(theirs).where(_of_run(run_id))).one()
    done, after, first_id = 0, 0, 0
    while some := _next(run_id, after):
        retrying.do(partial(_settle, actor=actor, run_id=run_id, some=some, few=number <= _FEW))
        first_id, after, done = first_id or some[0], some[-1], done + len(some)
        shown(done, number)
    if number > _FEW:
        _rebuild(first_id, after)


def _next(run_id: int, after: int) -> Sequence[int]:
    """The next customers of the run, in the order in which everybody locks them."""
    wanted = select(Order.customer_id).where(_of_run(run_id), Order.customer_id > after)
    with reading() as session:
        in_order = wanted.distinct().order_by(col(Order.customer_id)).limit(_CUSTOMERS)
        return session.exec(in_order).all()


def _settle(session: Session, *, actor: Actor, run_id: int, some: Sequence[int], few: bool) -> None:
    for customer_id in some:
        try:
            _give(session, actor, run_id, customer_id)
            tiers.reassess(session, actor, customer_id, ref=f"import:{run_id}")
        except CustomerNotFound:  # merged or erased meanwhile
            continue
        if few:
            figures.refresh(session, customer_id)


def _give(session: Session, actor: Actor, run_id: int, customer_id: int) -> None:
    """The points of those orders that have none yet, oldest first."""
    has_some = exists().where(
        col(PointsEntry.customer_id) == Order.customer_id,
        col(PointsEntry.ref) == literal("order:").concat(col(Order.order_no)),
    )
    theirs = select(Order).where(
        Order.customer_id == customer_id,
        _of_run(run_id, col(StagedOrder.earns) == 1),
        ~has_some,
    )
    for order in session.exec(theirs.order_by(col(Order.paid_at), col(Order.id))).all():
        earning.give(session, actor, order)


def _of_run(run_id: int, *more: ColumnElement[bool]) -> ColumnElement[bool]:
    """Whether an order is one of a run that stands: added now, or by one that broke off.

    As a condition, so that every database begins with the customer's orders, not with the run's.
    """
    return exists().where(
        col(StagedOrder.run_id) == run_id,
        col(StagedOrder.order_no) == Order.order_no,
        col(StagedOrder.outcome).in_([Outcome.ADDED, Outcome.SAME]),
        *more,
    )


def _rebuild(first_id: int, last_id: int) -> None:
    for begin in range(first_id, last_id + 1, _RANGE):
        with unit_of_work() as session:
            figures.rebuild(session, begin, min(begin + _RANGE - 1, last_id))
