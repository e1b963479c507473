"""Staged lines made into orders by statements on sets, some thousands of orders a transaction."""

from collections.abc import Iterator, Sequence
from typing import Any

from sqlalchemy import ColumnElement, and_, case, exists, func, insert, literal, or_, update
from sqlalchemy import select as pick
from sqlmodel import Session, col, select

from crm_core.authz import Actor, Permission
from crm_core.clock import now
from crm_core.customers.models import Customer
from crm_core.imports.models import ImportProblem, ImportRun, Outcome, StagedLine, StagedOrder
from crm_core.orders.models import Order, OrderLine, OrderState
from crm_core.timeline.models import EventKind, TimelineEvent

_DIFFERENT = "同一订单各行的时间、顾客、门店、导购、实付要一样"
_ANOTHER_LINE = "同一订单的另一行有错，整单没有导入"
_CONFLICT = "订单号已经存在，内容不同"
_AT_ONCE = 500  # orders compared at a time


def group(session: Session, run_id: int) -> None:
    """Put the lines of each order together, wherever in the file they stand."""
    line = StagedLine
    agreed = ("customer_id", "store_id", "staff_id", "paid_at", "total_fen", "earns")
    least = {name: func.min(getattr(line, name)) for name in agreed}
    apart = or_(*(value != func.max(getattr(line, name)) for name, value in least.items()))
    values: dict[str, Any] = {
        "run_id": col(line.run_id),
        "order_no": col(line.order_no),
        "first_line": func.min(line.line),
        **least,
        "total_fen": func.coalesce(least["total_fen"], func.sum(line.amount_fen)),
        "outcome": case((apart, Outcome.REFUSED.value), else_=Outcome.NEW.value),
        "reason": case((apart, _DIFFERENT), else_=""),
    }
    grouped = (
        pick(*(value.label(name) for name, value in values.items()))
        .where(col(line.run_id) == run_id)
        .group_by(col(line.run_id), col(line.order_no))
        .order_by(func.min(line.line))
    )
    connection = session.connection()
    connection.execute(insert(StagedOrder).from_select(list(values), grouped))
    bad_line = exists().where(
        col(ImportProblem.run_id) == run_id, col(ImportProblem.record) == StagedOrder.order_no
    )
    _mark(session, run_id, bad_line, Outcome.REFUSED, _ANOTHER_LINE)
    _mark(session, run_id, _is_held(), Outcome.KNOWN)


def compare(session: Session, run_id: int) -> None:
    """Tell orders that are held already and the same from those whose number is another's."""
    for some in _known(session, run_id):
        same = [row.id for row in some if _is_same(session, row)]
        other = [row.id for row in some if row.id not in set(same)]
        _mark(session, run_id, col(StagedOrder.id).in_(same), Outcome.SAME, was=Outcome.KNOWN)
        taken = col(StagedOrder.id).in_(other)
        _mark(session, run_id, taken, Outcome.REFUSED, _CONFLICT, was=Outcome.KNOWN)


def refuse(session: Session, run: ImportRun) -> None:
    """Name the lines of orders that are left out as a whole."""
    lines = (
        pick(
            col(StagedLine.run_id), col(StagedLine.line), col(StagedLine.order_no),
            col(StagedOrder.reason),
        )
        .join(
            StagedOrder,
            and_(
                col(StagedOrder.run_id) == StagedLine.run_id,
                col(StagedOrder.order_no) == StagedLine.order_no,
            ),
        )
        .where(col(StagedLine.run_id) == run.id, col(StagedOrder.outcome) == Outcome.REFUSED)
        .order_by(col(StagedLine.line))
    )  # fmt: skip
    named = ["run_id", "line", "record", "reason"]
    session.connection().execute(insert(ImportProblem).from_select(named, lines))


def counts(session: Session, run_id: int) -> dict[Outcome, int]:
    """How many orders of the run stand where."""
    wanted = select(StagedOrder.outcome, func.count()).where(StagedOrder.run_id == run_id)
    found = session.exec(wanted.group_by(col(StagedOrder.outcome))).all()
    return {Outcome(outcome): number for outcome, number in found}


def span(session: Session, run_id: int) -> tuple[int, int]:
    """The first and the last id of the run's orders; (1, 0) where there are none."""
    ends = select(func.min(StagedOrder.id), func.max(StagedOrder.id))
    first, last = session.exec(ends.where(StagedOrder.run_id == run_id)).one()
    return (first, last) if first is not None else (1, 0)


def apply(session: Session, actor: Actor, run: ImportRun, first_id: int, last_id: int) -> int:
    """Add the new orders within these ids, their lines and their timeline rows; how many.

    Repeating changes nothing: an order that somebody else added meanwhile is not added again.

    Raises:
        Forbidden: the actor may not.
    """
    actor.require(Permission.ORDER_WRITE)
    within = and_(col(StagedOrder.run_id) == run.id, col(StagedOrder.id).between(first_id, last_id))
    _mark(session, run.id, within & _is_held(), Outcome.KNOWN)
    new = within & (col(StagedOrder.outcome) == Outcome.NEW)
    connection = session.connection()
    for table, values, chosen in (_orders(run), _lines(), _events()):
        picked = chosen.where(new).with_only_columns(*values.values())
        connection.execute(insert(table).from_select(list(values), picked))
    added = connection.execute(update(StagedOrder).where(new).values(outcome=Outcome.ADDED))
    return added.rowcount


_Part = tuple[Any, dict[str, ColumnElement[Any]], Any]


def _orders(run: ImportRun) -> _Part:
    staged = StagedOrder
    whose = func.coalesce(Customer.joined_into, Customer.id)  # merged while lines were read
    values: dict[str, Any] = {
        "order_no": col(staged.order_no),
        "customer_id": whose,
        "store_id": col(staged.store_id),
        "staff_id": col(staged.staff_id),
        "state": literal(OrderState.PAID.value),
        "total_fen": col(staged.total_fen),
        "refunded_fen": literal(0),
        "paid_at": col(staged.paid_at),
        "source": literal(run.source),
        "created_at": literal(now(), Order.__table__.c.created_at.type),  # type: ignore[attr-defined]
    }
    theirs = pick(staged).join(Customer, col(Customer.id) == staged.customer_id)
    return Order, values, theirs.order_by(col(staged.id))


def _lines() -> _Part:
    names = (
        "product_id", "product_name", "category", "size", "color", "quantity", "price_fen",
        "list_price_fen", "style",
    )  # fmt: skip
    values: dict[str, Any] = {"order_id": col(Order.id)}
    values |= {name: col(getattr(StagedLine, name)) for name in names}
    values["returned"] = literal(0)
    of_it = and_(
        col(StagedLine.run_id) == StagedOrder.run_id,
        col(StagedLine.order_no) == StagedOrder.order_no,
    )
    chosen = (
        pick(StagedOrder)
        .join(Order, col(Order.order_no) == StagedOrder.order_no)
        .join(StagedLine, of_it)
    )
    return OrderLine, values, chosen.order_by(col(StagedOrder.id), col(StagedLine.line))


def _events() -> _Part:
    values: dict[str, Any] = {
        "customer_id": col(Order.customer_id),
        "kind": literal(EventKind.PURCHASE.value),
        "at": col(Order.paid_at),
        "ref": literal("order:").concat(col(Order.order_no)),
    }
    chosen = pick(StagedOrder).join(Order, col(Order.order_no) == StagedOrder.order_no)
    return TimelineEvent, values, chosen.order_by(col(StagedOrder.id))


def _mark(
    session: Session,
    run_id: int,
    which: ColumnElement[bool],
    outcome: Outcome,
    reason: str = "",
    *,
    was: Outcome = Outcome.NEW,
) -> None:
    of_run = col(StagedOrder.run_id) == run_id, col(StagedOrder.outcome) == was
    changed = update(StagedOrder).where(*of_run, which).values(outcome=outcome, reason=reason)
    session.connection().execute(changed.execution_options(synchronize_session=False))


def _is_held() -> ColumnElement[bool]:
    return exists().where(col(Order.order_no) == StagedOrder.order_no)


def _known(session: Session, run_id: int) -> Iterator[Sequence[StagedOrder]]:
    wanted = select(StagedOrder).where(
        StagedOrder.run_id == run_id, StagedOrder.outcome == Outcome.KNOWN
    )
    while some := session.exec(wanted.limit(_AT_ONCE)).all():
        yield some
        session.expunge_all()


def _is_same(session: Session, staged: StagedOrder) -> bool:
    """Whether the order with this number has the same customer, shop, moment, sum and goods."""
    order = session.exec(select(Order).where(Order.order_no == staged.order_no)).one()
    whose = session.exec(
        select(func.coalesce(Customer.joined_into, Customer.id)).where(
            Customer.id == staged.customer_id
        )
    ).one()
    return (order.customer_id, order.store_id, order.total_fen, order.paid_at) == (
        whose, staged.store_id, staged.total_fen, staged.paid_at,
    ) and _goods(session, staged)  # fmt: skip


def _goods(session: Session, staged: StagedOrder) -> bool:
    names = ("product_id", "product_name", "size", "color", "quantity", "price_fen")
    held = (
        pick(*(col(getattr(OrderLine, name)) for name in names))
        .join(Order, col(Order.id) == OrderLine.order_id)
        .where(col(Order.order_no) == staged.order_no)
        .order_by(col(OrderLine.id))
    )
    said = (
        pick(*(col(getattr(StagedLine, name)) for name in names))
        .where(col(StagedLine.run_id) == staged.run_id, col(StagedLine.order_no) == staged.order_no)
        .order_by(col(StagedLine.line))
    )
    connection = session.connection()
    rows = [connection.execute(wanted).all() for wanted in (held, said)]
    known, new = ([(r[0] or r[1], *r[2:]) for r in each] for each in rows)
    return known == new
