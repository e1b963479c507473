"""What a sale and a return do to stock."""

from collections import Counter
from collections.abc import Iterable

from sqlmodel import Session

from crm_core.orders.models import OrderLine
from crm_core.orders.returning import Taken
from crm_core.orders.service import Kept
from crm_core.stock import service as stock
from crm_core.stock.service import Cell


def leave(session: Session, kept: Kept) -> None:
    """Take what was sold off the shop's stock."""
    pieces = ((line, line.quantity) for line in kept.lines)
    cells = _cells(pieces, kept.order.store_id)
    stock.sold(session, cells, ref=f"order:{kept.order.order_no}")


def come_back(session: Session, taken: Taken) -> None:
    """Put what came back on the stock of the shop that took it."""
    cells = _cells(taken.pieces, taken.row.store_id)
    stock.came_back(session, cells, ref=f"return:{taken.row.return_no}")


def _cells(pieces: Iterable[tuple[OrderLine, int]], store_id: int | None) -> Counter[Cell]:
    """How many pieces of each cell; goods that the catalogue does not know have none."""
    cells: Counter[Cell] = Counter()
    for line, quantity in pieces:
        if line.product_id is not None:
            cells[Cell(line.product_id, store_id, line.size, line.color)] += quantity
    return cells
