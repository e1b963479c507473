"""What customers bought, and the points that came and went."""

from collections import Counter
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta

from sqlmodel import Session

from app.scenario.cast import Cast
from app.scenario.event import Event, Loc, ref_of
from app.scenario.given import Given, Line, OrderGiven
from app.scenario.people import Movement, Spending
from app.scenario.setting import SOURCE, US
from crm_core.catalog import service as catalog
from crm_core.clock import local
from crm_core.customers.models import Customer
from crm_core.orders.models import OrderState
from crm_core.orders.returning import NewReturn
from crm_core.orders.service import NewLine, NewOrder
from crm_core.points import service as points
from crm_core.points.models import Cause
from crm_core.sales import service as sales

_BETWEEN = timedelta(days=30)  # two orders of which only the last is dated
_GOODS = "服饰"  # what was bought where only the sum is stated


def happened(given: Given, cast: Cast) -> Iterator[Event]:
    """Orders, with what became of them, and points."""
    number = _Numbers()
    for part in ("orders", "sales"):
        for n, order in enumerate(getattr(given, part)):
            yield from _ordered(order, cast, ("given", part, n), number)
    for n, (stated, customer) in enumerate(zip(given.customers, cast.rows, strict=True)):
        place: Loc = ("given", "customers", n)
        if stated.spending:
            yield from _spent(stated.spending, customer, cast, (*place, "spending"))
        for k, movement in enumerate(stated.points or ()):
            yield _moved(movement, customer, cast.begins, (*place, "points", k))


class _Numbers:
    """Order numbers as a till gives them: DD20260301001."""

    def __init__(self) -> None:
        self._given: Counter[str] = Counter()

    def next(self, paid_at: datetime) -> str:
        day = f"{local(paid_at):%Y%m%d}"
        self._given[day] += 1
        return f"DD{day}{self._given[day]:03d}"


def _ordered(order: OrderGiven, cast: Cast, place: Loc, number: _Numbers) -> Iterator[Event]:
    paid_at = order.paid.at(cast.begins)
    customer = cast.customers[order.customer]
    order_no = order.number or number.next(paid_at)
    staff = cast.staff[order.staff] if order.staff else None

    def record(session: Session) -> None:
        new = NewOrder(
            customer.id,
            paid_at,
            _lines(session, order),
            total_fen=order.total_fen,
            store_id=cast.store_id(order.store) or (staff.store_id if staff else None),
            staff_id=staff.id if staff else None,
            source=SOURCE,
            earns=cast.earns(customer) if order.earns is None else order.earns,
        )
        kept = sales.record_sale(session, US, new, ref=order_no)
        if order.state is not OrderState.RETURNED:
            kept.state = order.state

    yield Event(paid_at, place, record)
    if order.state is OrderState.RETURNED:
        yield Event(order.returned.at(cast.begins), place, _returning(order_no))


def _returning(order_no: str) -> Callable[[Session], object]:
    return lambda session: sales.record_return(session, US, NewReturn(order_no), ref=f"T{order_no}")


def _lines(session: Session, order: OrderGiven) -> tuple[NewLine, ...]:
    if not order.lines:
        assert order.total_fen is not None
        return (NewLine(_GOODS, order.total_fen),)
    return tuple(_line(session, line) for line in order.lines)


def _line(session: Session, line: Line) -> NewLine:
    price_fen = line.price_fen
    if price_fen is None:
        product = catalog.exact(session, line.product)
        assert product is not None  # looked at when the file was read
        price_fen = product.price_fen
    return NewLine(
        line.product,
        price_fen,
        quantity=line.quantity,
        size=line.size,
        color=line.color,
        category=line.category,
    )


def _spent(spending: Spending, customer: Customer, cast: Cast, place: Loc) -> Iterator[Event]:
    """The orders behind a sum, alike and evenly spread; the last takes what does not divide."""
    last, count = spending.last.at(cast.begins), spending.orders
    first = spending.first.at(cast.begins) if spending.first else last - (count - 1) * _BETWEEN
    share_fen, rest_fen = divmod(spending.amount_fen, count)
    for n in range(count):
        at = first + (last - first) * n / (count - 1) if count > 1 else last
        total_fen = share_fen + (rest_fen if n == count - 1 else 0)
        yield Event(at, place, _recording(customer, cast, at, total_fen, n))


def _recording(
    customer: Customer, cast: Cast, at: datetime, total_fen: int, n: int
) -> Callable[[Session], object]:
    new = NewOrder(
        customer.id,
        at,
        (NewLine(_GOODS, total_fen),),
        store_id=customer.store_id,
        staff_id=customer.assistant_id,
        source=SOURCE,
        earns=cast.earns(customer),
    )
    return lambda session: sales.record_sale(session, US, new, ref=f"LS{customer.id:05d}{n:03d}")


def _moved(movement: Movement, customer: Customer, clock: datetime, place: Loc) -> Event:
    at = movement.at.at(clock)
    note = movement.note or (f"订单 {movement.order}" if movement.order else "")
    ref = ref_of(place)
    if movement.points < 0:
        spent = -movement.points
        return Event(
            at, place,
            lambda session: points.spend(session, US, customer.id, spent, note=note, ref=ref),
        )  # fmt: skip
    lot = points.Lot(
        movement.points,
        Cause.PURCHASE if movement.order and movement.why is Cause.OPENING else movement.why,
        note=note,
        available_at=movement.available.at(clock) if movement.available else None,
        expires_at=movement.expires.at(clock) if movement.expires else None,
        at=at,
    )
    return Event(at, place, lambda session: points.earn(session, US, customer.id, lot, ref=ref))
