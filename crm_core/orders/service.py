"""Keeping what customers bought: the rows alone. What follows from them is `sales`' business."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.exc import IntegrityError
from sqlmodel import Session, col, select

from crm_core.catalog import service as catalog
from crm_core.catalog.models import Product
from crm_core.errors import CrmError, Kind
from crm_core.orders.models import Order, OrderLine


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


@dataclass(frozen=True)
class Kept:
    """An order as it stands in the database."""

    order: Order
    lines: Sequence[OrderLine]
    is_new: bool


def keep(session: Session, new: NewOrder, order_no: str) -> Kept:
    """Keep a paid order under its number; a repeat of it returns the first.

    The caller holds the customer's lock and has the right.

    Raises:
        OrderConflict: the number is taken by an order with other contents.
        ValueError: there are no lines, or a sum or quantity makes no sense; edges validate first.
    """
    order, lines = _rows(session, new, order_no)
    if known := by_no(session, order_no):
        kept = lines_of(session, known)
        if _contents(known, kept) != _contents(order, lines):
            raise OrderConflict(order_no, number=order_no)
        return Kept(known, kept, is_new=False)
    _insert(session, order, lines)
    return Kept(order, lines, is_new=True)


def by_no(session: Session, order_no: str) -> Order | None:
    """The order with this number. The caller has the right to know."""
    return session.exec(select(Order).where(Order.order_no == order_no)).one_or_none()


def lock(session: Session, order_no: str) -> Order:
    """The order with this number, for writing. The caller has the right.

    Raises:
        OrderNotFound: no order has this number.
    """
    wanted = select(Order).where(Order.order_no == order_no).with_for_update()
    order = session.exec(wanted.execution_options(populate_existing=True)).one_or_none()
    if order is None:
        raise OrderNotFound(order_no, number=order_no)
    return order


def lines_of(session: Session, order: Order) -> list[OrderLine]:
    """An order's lines, as they were written down."""
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
    products = catalog.exact_many(session, {line.product for line in new.lines})
    return order, [_line(line, products.get(line.product)) for line in new.lines]


def _line(new: NewLine, product: Product | None) -> OrderLine:
    return OrderLine(
        order_id=0,  # set when the order has an id
        product_id=product.id if product else None,
        product_name=product.name if product else new.product,
        category=product.category if product else new.category,
        size=new.size,
        color=new.color,
        quantity=new.quantity,
        price_fen=new.price_fen,
        list_price_fen=product.price_fen if product else None,
        style=product.styles[0] if product and product.styles else "",
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
