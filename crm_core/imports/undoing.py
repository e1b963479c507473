"""Undoing a whole import of orders, as far as nothing else depends on it by now."""

from collections.abc import Callable, Iterator, Sequence
from functools import partial

from sqlalchemy import Column, ColumnElement, Table, delete, update
from sqlalchemy import select as pick
from sqlmodel import Session, SQLModel, col, exists, func, select

from crm_core import retrying
from crm_core.audit import service as audit
from crm_core.authz import Actor, Permission
from crm_core.clock import now
from crm_core.customers import service as customers
from crm_core.db import reading, unit_of_work
from crm_core.figures import service as figures
from crm_core.imports import service
from crm_core.imports.models import ImportRun, Outcome, RunState, StagedOrder
from crm_core.orders.models import Order, OrderLine, OrderState
from crm_core.points import service as points
from crm_core.points.models import PointsEntry
from crm_core.tiers import service as tiers
from crm_core.timeline.models import EventKind, TimelineEvent

_CUSTOMERS = 20  # a transaction

Shown = Callable[[int, int], None]


def undo(actor: Actor, run_id: int, shown: Shown = lambda _done, _of: None) -> ImportRun:
    """Take back the orders that a run added: rows, points, levels, figures.

    An order that was returned, paid by coupon or otherwise went on is kept and counted as such.
    Repeating changes nothing; one that broke off goes on.

    Raises:
        Forbidden: the actor may not set up the shop.
        RunNotFound: there is no such run.
    """
    with reading() as session:
        service.get(session, actor, run_id)
        theirs = func.count(func.distinct(Order.customer_id))
        number = session.exec(select(theirs).where(_added(run_id))).one()
    done = after = 0
    while some := _next(run_id, after):
        retrying.do(partial(_undo, actor=actor, run_id=run_id, some=some))
        after, done = some[-1], done + len(some)
        shown(done, number)
    with unit_of_work() as session:
        run = service.get(session, actor, run_id, locked=True)
        run.state, run.ended_at = RunState.UNDONE, now()
        run.undone = _count(session, run_id, Outcome.UNDONE)
        run.kept = _count(session, run_id, Outcome.KEPT)
        session.add(run)
        audit.record(
            session, actor, "import:undo", f"import:{run_id}", undone=run.undone, kept=run.kept
        )
    return run


def _next(run_id: int, after: int) -> Sequence[int]:
    with reading() as session:
        wanted = select(Order.customer_id).where(_added(run_id), Order.customer_id > after)
        in_order = wanted.distinct().order_by(col(Order.customer_id)).limit(_CUSTOMERS)
        return session.exec(in_order).all()


def _undo(session: Session, *, actor: Actor, run_id: int, some: Sequence[int]) -> None:
    for customer_id in some:
        customers.lock(session, actor, Permission.CUSTOMER_WRITE, customer_id)
        theirs = select(Order).where(_added(run_id), Order.customer_id == customer_id)
        for order in session.exec(theirs.order_by(col(Order.id).desc())).all():
            same = StagedOrder.run_id == run_id, StagedOrder.order_no == order.order_no
            staged = session.exec(select(StagedOrder).where(*same)).one()
            staged.outcome = Outcome.UNDONE if _is_untouched(session, order) else Outcome.KEPT
            session.add(staged)
            if staged.outcome is Outcome.UNDONE:
                _take_back_points(session, actor, run_id, order)
                _remove(session, order)
        session.flush()
        tiers.reassess(session, actor, customer_id, ref=f"undo:{run_id}", at_once=True)
        figures.refresh(session, customer_id)


def _is_untouched(session: Session, order: Order) -> bool:
    if order.state is not OrderState.PAID or order.refunded_fen:
        return False
    lines = pick(col(OrderLine.id)).where(col(OrderLine.order_id) == order.id)
    connection = session.connection()
    for column in _references("sales_order"):
        if connection.execute(pick(column).where(column == order.id).limit(1)).first():
            return False
    return not any(
        connection.execute(pick(column).where(column.in_(lines)).limit(1)).first()
        for column in _references("order_line")
    ) and not _used_coupon(session, order.order_no)


def _references(target: str) -> Iterator[Column[int]]:
    """Every column that points there, but the order's own lines."""
    tables = SQLModel.metadata.tables
    for table in tables.values():
        for column in table.columns:
            if table.name != "order_line" and any(
                key.column.table is tables[target] for key in column.foreign_keys
            ):
                yield column


def _used_coupon(session: Session, order_no: str) -> bool:
    step: Table = SQLModel.metadata.tables["coupon_step"]
    used = pick(step.c.id).where(step.c.order_no == order_no).limit(1)
    return session.connection().execute(used).first() is not None


def _take_back_points(session: Session, actor: Actor, run_id: int, order: Order) -> None:
    """Reverse them, and free the order's reference, so that a corrected file can give them."""
    ref, undone = f"order:{order.order_no}", f"undone:{run_id}:{order.order_no}"
    note = f"撤销导入 {run_id}"
    points.reverse(
        session, actor, order.customer_id,
        earned_by=ref, note=note, ref=f"undo:{run_id}:{order.order_no}",
    )  # fmt: skip
    session.flush()
    connection = session.connection()
    for table, mine in (
        (PointsEntry, col(PointsEntry.customer_id) == order.customer_id),
        (
            TimelineEvent,
            (col(TimelineEvent.customer_id) == order.customer_id)
            & (col(TimelineEvent.kind) == EventKind.POINTS),
        ),
    ):
        connection.execute(update(table).where(mine, col(table.ref) == ref).values(ref=undone))


def _remove(session: Session, order: Order) -> None:
    connection = session.connection()
    session.expunge(order)
    connection.execute(
        delete(TimelineEvent).where(
            col(TimelineEvent.customer_id) == order.customer_id,
            col(TimelineEvent.kind) == EventKind.PURCHASE,
            col(TimelineEvent.ref) == f"order:{order.order_no}",
        )
    )
    connection.execute(delete(OrderLine).where(col(OrderLine.order_id) == order.id))
    connection.execute(delete(Order).where(col(Order.id) == order.id))


def _added(run_id: int) -> ColumnElement[bool]:
    """Whether the run added an order, and has not undone it."""
    return exists().where(
        col(StagedOrder.run_id) == run_id,
        col(StagedOrder.order_no) == Order.order_no,
        col(StagedOrder.outcome) == Outcome.ADDED,
    )


def _count(session: Session, run_id: int, outcome: Outcome) -> int:
    of_run = StagedOrder.run_id == run_id, StagedOrder.outcome == outcome
    return session.exec(select(func.count()).select_from(StagedOrder).where(*of_run)).one()
