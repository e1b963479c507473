"""The points of an order: given when it is paid, taken back with what comes back."""

from sqlmodel import Session

from crm_core.authz import Actor
from crm_core.orders.models import Order
from crm_core.points import service as points
from crm_core.points import terms
from crm_core.points.models import Cause
from crm_core.rules import service as rules

_FEN_A_YUAN = 100


def give(session: Session, actor: Actor, order: Order) -> None:
    """Whole points: what a full yuan paid earns, on hold until the return window ends."""
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
    points.earn(session, actor, order.customer_id, lot, ref=cause(order))


def take_back(session: Session, actor: Actor, order: Order, *, ref: str) -> None:
    """Reverse what the goods that came back had earned."""
    note = f"订单 {order.order_no} 退货"
    points.reverse(session, actor, order.customer_id, earned_by=cause(order), note=note, ref=ref)


def cause(order: Order) -> str:
    """The `ref` of the points that an order gave."""
    return f"order:{order.order_no}"
