"""Who is told of a sale or a return: the customer's timeline, and other systems."""

from sqlmodel import Session

from crm_core.orders.models import Order
from crm_core.orders.returning import Taken
from crm_core.orders.service import Kept
from crm_core.timeline import service as timeline
from crm_core.timeline.models import EventKind
from crm_core.webhooks import service as webhooks
from crm_core.webhooks.service import Event

_GOODS = {"product_name", "category", "size", "color"}


def sold(session: Session, kept: Kept) -> None:
    """Tell of a new order."""
    order = kept.order
    named = _GOODS | {"quantity", "price_fen"}
    timeline.add(
        session, order.customer_id, EventKind.PURCHASE, ref=_ref(order), at=order.paid_at,
        order_no=order.order_no, total_fen=order.total_fen, store_id=order.store_id,
        staff_id=order.staff_id, items=[line.model_dump(include=named) for line in kept.lines],
    )  # fmt: skip
    webhooks.emit(session, Event.ORDER_TAKEN, _figures(order), ref=_ref(order))


def came_back(session: Session, order: Order, taken: Taken) -> None:
    """Tell of a return."""
    ref = f"return:{taken.row.return_no}"
    items = [
        {**line.model_dump(include=_GOODS), "quantity": quantity} for line, quantity in taken.pieces
    ]
    timeline.add(
        session, order.customer_id, EventKind.RETURN, ref=ref, at=taken.row.returned_at,
        order_no=order.order_no, refund_fen=taken.row.refund_fen, items=items,
    )  # fmt: skip
    told = {"return_no": taken.row.return_no, "refund_fen": taken.row.refund_fen}
    webhooks.emit(session, Event.ORDER_RETURNED, _figures(order) | told, ref=ref)


def _ref(order: Order) -> str:
    return f"order:{order.order_no}"


def _figures(order: Order) -> dict[str, object]:
    return {
        "order_no": order.order_no,
        "customer_id": order.customer_id,
        "store_id": order.store_id,
        "total_fen": order.total_fen,
        "paid_at": order.paid_at.isoformat(),
    }
