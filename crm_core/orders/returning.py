"""Taking goods back: the rows alone."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session, col, select

from crm_core.clock import now
from crm_core.errors import CrmError, Kind
from crm_core.orders.models import Order, OrderLine, OrderState, Return, ReturnLine
from crm_core.orders.service import lines_of


class ReturnConflict(CrmError):
    """The number is another return's: other order, goods or sum."""

    code = "return_conflict"


class TooManyReturned(CrmError):
    """More came back than was bought and not returned yet, or more money than was paid."""

    code = "too_many_returned"
    kind = Kind.INVALID


@dataclass(frozen=True)
class Item:
    """Pieces of one line; lines are counted from 1, as on the receipt."""

    line: int
    quantity: int


@dataclass(frozen=True)
class NewReturn:
    order_no: str
    returned_at: datetime | None = None  # none: now
    items: tuple[Item, ...] = ()  # none: all that is left
    refund_fen: int | None = None  # none: what was paid for them, discounts spread evenly
    store_id: int | None = None
    reason: str = ""
    source: str = "till"


@dataclass(frozen=True)
class Taken:
    """What came back, by the lines it was bought on."""

    row: Return
    pieces: Sequence[tuple[OrderLine, int]]
    is_new: bool


def by_no(session: Session, return_no: str) -> Return | None:
    """The return with this number. The caller has the right to know."""
    return session.exec(select(Return).where(Return.return_no == return_no)).one_or_none()


def pieces_of(session: Session, row: Return) -> list[tuple[OrderLine, int]]:
    """What came back with it: lines of the order, with how many pieces."""
    wanted = (
        select(OrderLine, ReturnLine.quantity)
        .join(ReturnLine, col(ReturnLine.order_line_id) == col(OrderLine.id))
        .where(ReturnLine.return_id == row.id)
        .order_by(col(OrderLine.id))
    )
    return list(session.exec(wanted))


def quantities(session: Session, rows: Sequence[Return]) -> dict[int, dict[int, int]]:
    """Of each return, by its id, how many pieces of which line."""
    found: dict[int, dict[int, int]] = {row.id: {} for row in rows}
    wanted = select(ReturnLine).where(col(ReturnLine.return_id).in_(found))
    for line in session.exec(wanted.order_by(col(ReturnLine.id))):
        found[line.return_id][line.order_line_id] = line.quantity
    return found


def of_order(session: Session, order: Order) -> Sequence[Return]:
    """The returns of an order, in the order they came."""
    of_it = select(Return).where(Return.order_id == order.id)
    return session.exec(of_it.order_by(col(Return.id))).all()


def take_back(session: Session, order: Order, new: NewReturn, return_no: str) -> Taken:
    """Keep a return under its number; a repeat of it returns the first.

    The caller holds the customer's lock and has the right.

    Raises:
        ReturnConflict: the number is taken by a return with other contents.
        TooManyReturned: more comes back than is left.
        ValueError: a line or quantity makes no sense; edges validate first.
    """
    lines = lines_of(session, order)
    if known := by_no(session, return_no):
        return Taken(known, _same(session, known, order, new, lines), is_new=False)
    pieces = _pieces(new, lines)
    row = Return(
        return_no=return_no,
        order_id=order.id,
        customer_id=order.customer_id,
        store_id=new.store_id if new.store_id is not None else order.store_id,
        refund_fen=_refund(order, lines, pieces, new.refund_fen),
        reason=new.reason,
        returned_at=new.returned_at or now(),
        source=new.source,
    )
    session.add(row)
    session.flush()
    for line, quantity in pieces:
        line.returned += quantity
        session.add(line)
        session.add(ReturnLine(return_id=row.id, order_line_id=line.id, quantity=quantity))
    order.refunded_fen += row.refund_fen
    if all(line.returned == line.quantity for line in lines):
        order.state = OrderState.RETURNED
    session.add(order)
    session.flush()
    return Taken(row, pieces, is_new=True)


def _same(
    session: Session, known: Return, order: Order, new: NewReturn, lines: Sequence[OrderLine]
) -> list[tuple[OrderLine, int]]:
    pieces = pieces_of(session, known)
    stated = {lines[item.line - 1].id: item.quantity for item in new.items if _fits(item, lines)}
    differs = bool(new.items) and stated != {line.id: quantity for line, quantity in pieces}
    refund_fen = known.refund_fen if new.refund_fen is None else new.refund_fen
    if known.order_id != order.id or differs or refund_fen != known.refund_fen:
        raise ReturnConflict(known.return_no, number=known.return_no)
    return pieces


def _pieces(new: NewReturn, lines: Sequence[OrderLine]) -> list[tuple[OrderLine, int]]:
    if not new.items:
        left = [(line, line.quantity - line.returned) for line in lines]
        if not (some := [(line, quantity) for line, quantity in left if quantity]):
            raise TooManyReturned(new.order_no, number=new.order_no)
        return some
    if len({item.line for item in new.items}) < len(new.items):
        raise ValueError(new.items)
    if not all(_fits(item, lines) for item in new.items):
        raise TooManyReturned(new.order_no, number=new.order_no)
    pieces = [(lines[item.line - 1], item.quantity) for item in new.items]
    if any(quantity < 1 for _, quantity in pieces):
        raise ValueError(new.items)
    if any(line.returned + quantity > line.quantity for line, quantity in pieces):
        raise TooManyReturned(new.order_no, number=new.order_no)
    return sorted(pieces, key=lambda piece: piece[0].id)


def _fits(item: Item, lines: Sequence[OrderLine]) -> bool:
    return 1 <= item.line <= len(lines)


def _refund(
    order: Order,
    lines: Sequence[OrderLine],
    pieces: Sequence[tuple[OrderLine, int]],
    stated_fen: int | None,
) -> int:
    """What is paid back: as stated, else what was paid for the pieces.

    A discount on the whole order is spread by value, and the last piece takes what does not divide,
    so that all returns together pay back exactly what was paid.
    """
    left_fen = order.total_fen - order.refunded_fen
    if stated_fen is not None:
        if not 0 <= stated_fen <= left_fen:
            raise TooManyReturned(order.order_no, number=order.order_no)
        return stated_fen
    worth_fen = sum(line.price_fen * line.quantity for line in lines)
    back_fen = sum(line.price_fen * line.returned for line in lines)
    back_fen += sum(line.price_fen * quantity for line, quantity in pieces)
    due_fen = order.total_fen * back_fen // worth_fen if worth_fen else 0
    if sum(line.quantity - line.returned for line in lines) == sum(q for _, q in pieces):
        due_fen = order.total_fen
    return min(max(due_fen - order.refunded_fen, 0), left_fen)
