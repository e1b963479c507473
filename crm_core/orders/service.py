"""Keeping what customers bought, and what follows from it: points, tier, timeline."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.exc import IntegrityError
from sqlmodel import Session, col, select

from crm_core.audit import service as audit
from crm_core.authz import Actor, Permission
from crm_core.catalog import service as catalog
from crm_core.customers import service as customers
from crm_core.errors import CrmError, Kind
from crm_core.orders import tiers
from crm_core.orders.models import Order, OrderLine, OrderState
from crm_core.points import service as points
from crm_core.points import terms
from crm_core.points.models import Cause
from crm_core.rules import service as rules
from crm_core.timeline import service as timeline
from crm_core.timeline.models import EventKind

_FEN_A_YUAN = 100


class OrderNotFound(CrmError):
    code = "order_not_found"
    kind = Kind.NOT_FOUND


class OrderConflict(CrmError):
    """The number is another order's: other customer, moment, sum or goods."""

    code = "order_conflict"


@dataclass(frozen=True)
class NewLine:
    """Goods as sold; `product` is an article number or a name, in the catalogue or not."""

    product: str
    price_fen: int  # of one piece, as paid
    quantity: int = 1
    size: str = ""
    color: str = ""
    category: str = ""  # the catalogue's, where it knows the product


@dataclass(frozen=True)
class NewOrder:
    customer_id: int
    paid_at: datetime
    lines: tuple[NewLine, ...]
    total_fen: int | None = None  # as paid; none: the sum of the lines
    store_id: int | None = None  # none: online
    staff_id: int | None = None  # who served
    source: str = "till"
    earns: bool = True  # no points for history whose points came over as a balance


def record(session: Session, actor: Actor, new: NewOrder, *, ref: str) -> Order:
    """Keep a paid order under its number, `ref`; give its points and raise the tier it earns.

    Points are whole: what a full yuan paid earns, on hold until the return window ends. Safe to
    repeat: the same number with the same contents returns the first order.

    Raises:
        Forbidden: the actor may not.
        CustomerNotFound: there is no such customer.
        OrderConflict: the number is taken by an order with other contents.
        ValueError: there are no lines, or a sum or quantity makes no sense; edges validate first.
    """
    customer = customers.lock(session, actor, Permission.ORDER_WRITE, new.customer_id)
    order, lines = _rows(session, new, ref)
    if known := _by_no(session, ref):
        if _contents(known, _lines(session, known)) != _contents(order, lines):
            raise OrderConflict(ref, number=ref)
        return known
    _insert(session, order, lines)
    if new.earns:
        _give_points(session, actor, order)
    customer.tier = tiers.higher(customer.tier, tiers.earned(session, customer.id))
    happened = f"order:{ref}"
    timeline.add(
        session, customer.id, EventKind.PURCHASE, ref=happened, at=order.paid_at,
        **_told(order, lines),
    )  # fmt: skip
    audit.record(session, actor, "order:record", happened, total_fen=order.total_fen)
    return order


def returned(session: Session, actor: Actor, order_no: str, *, ref: str) -> Order:
    """Take a whole order back: its points are reversed by a new entry, the tier it earned falls.

    Points spent already leave the balance negative. Repeating changes nothing.

    Raises:
        Forbidden: the actor may not.
        OrderNotFound: no order has this number.
    """
    actor.require(Permission.ORDER_WRITE)
    if (order := _by_no(session, order_no)) is None:
        raise OrderNotFound(order_no, number=order_no)
    customer = customers.lock(session, actor, Permission.ORDER_WRITE, order.customer_id)
    session.refresh(order)
    if order.state is OrderState.RETURNED:
        return order
    by_spending = customer.tier is tiers.earned(session, customer.id)
    order.state = OrderState.RETURNED
    session.add(order)
    session.flush()
    happened = f"return:{order_no}"
    note = f"订单 {order_no} 退货"
    points.reverse(session, actor, customer.id, earned_by=_cause(order), note=note, ref=happened)
    if by_spending:
        customer.tier = tiers.earned(session, customer.id)
    timeline.add(session, customer.id, EventKind.RETURN, ref=happened, order_no=order_no)
    audit.record(session, actor, "order:returned", _cause(order), ref=ref)
    return order


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
        .where(Order.customer_id == customer_id, Order.state != OrderState.RETURNED)
        .order_by(col(Order.paid_at).desc(), col(Order.id).desc(), col(OrderLine.id))
    )
    if category:
        wanted = wanted.where(OrderLine.category == category)
    if product:
        ids = [found.id for found in catalog.find(session, product)]
        by_name = col(OrderLine.product_name).contains(product, autoescape=True)
        wanted = wanted.where(col(OrderLine.product_id).in_(ids) | by_name)
    return [Purchase(order, line) for order, line in session.exec(wanted.limit(limit))]


def _by_no(session: Session, order_no: str) -> Order | None:
    return session.exec(select(Order).where(Order.order_no == order_no)).one_or_none()


def _lines(session: Session, order: Order) -> list[OrderLine]:
    of_it = select(OrderLine).where(OrderLine.order_id == order.id)
    return list(session.exec(of_it.order_by(col(OrderLine.id))))


def _rows(session: Session, new: NewOrder, order_no: str) -> tuple[Order, list[OrderLine]]:
    """The rows of a new order, not yet in the database."""
    if not new.lines or any(line.quantity < 1 or line.price_fen < 0 for line in new.lines):
        raise ValueError(new.lines)
    total_fen = new.total_fen
    if total_fen is None:
        total_fen = sum(line.price_fen * line.quantity for line in new.lines)
    if total_fen < 0:
        raise ValueError(total_fen)
    order = Order(
        order_no=order_no,
        customer_id=new.customer_id,
        store_id=new.store_id,
        staff_id=new.staff_id,
        total_fen=total_fen,
        paid_at=new.paid_at,
        source=new.source,
    )
    return order, [_line(session, line) for line in new.lines]


def _line(session: Session, new: NewLine) -> OrderLine:
    product = catalog.exact(session, new.product)
    return OrderLine(
        order_id=0,  # set when the order has an id
        product_id=product.id if product else None,
        product_name=product.name if product else new.product,
        category=product.category if product else new.category,
        size=new.size,
        color=new.color,
        quantity=new.quantity,
        price_fen=new.price_fen,
    )


def _contents(order: Order, lines: Sequence[OrderLine]) -> tuple[object, ...]:
    """What must be equal in two orders of one number; a product may have been renamed since."""
    goods = [
        (x.product_id or x.product_name, x.size, x.color, x.quantity, x.price_fen) for x in lines
    ]
    return order.customer_id, order.store_id, order.total_fen, order.paid_at, goods


def _insert(session: Session, order: Order, lines: Sequence[OrderLine]) -> None:
    """Add the rows; somebody else's order of this number may have come first."""
    try:
        with session.begin_nested():
            session.add(order)
            session.flush()
    except IntegrityError:
        raise OrderConflict(order.order_no, number=order.order_no) from None
    for line in lines:
        line.order_id = order.id
        session.add(line)
    session.flush()


def _give_points(session: Session, actor: Actor, order: Order) -> None:
    per_yuan = rules.get(session, "points.per_yuan")
    earned = order.total_fen * per_yuan // _FEN_A_YUAN
    if earned < 1:
        return
    lot = points.Lot(
        earned,
        Cause.PURCHASE,
        note=f"订单 {order.order_no}",
        available_at=terms.usable_from(session, order.paid_at),
        expires_at=terms.expires_at(session, order.paid_at),
        at=order.paid_at,
    )
    points.earn(session, actor, order.customer_id, lot, ref=_cause(order))


def _cause(order: Order) -> str:
    return f"order:{order.order_no}"


def _told(order: Order, lines: Sequence[OrderLine]) -> dict[str, object]:
    """The order as the timeline keeps it."""
    named = {"product_name", "category", "size", "color", "quantity", "price_fen"}
    return {
        "order_no": order.order_no,
        "total_fen": order.total_fen,
        "store_id": order.store_id,
        "staff_id": order.staff_id,
        "items": [line.model_dump(include=named) for line in lines],
    }
