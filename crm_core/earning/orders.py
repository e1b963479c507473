"""The points of an order: given when it is paid, taken back with what comes back; and points that
are given for a part of its price.
"""

from sqlmodel import Session

from crm_core.authz import Actor
from crm_core.earning import deeds, service
from crm_core.orders.models import Order, OrderState
from crm_core.points import entries, terms
from crm_core.points import service as points
from crm_core.points.models import Cause, PointsEntry
from crm_core.rules import service as rules


def give(session: Session, actor: Actor, order: Order) -> PointsEntry | None:
    """Give the points of a paid order; None if it earns none. Safe to repeat.

    Points are whole, on hold until the return window ends. Which rule gave how many is kept.

    Raises:
        Forbidden: the actor may not give points.
        CustomerNotFound: there is no such customer.
    """
    given = service.reckon(session, deeds.of_order(session, order))
    if not given:
        return None
    lot = points.Lot(
        sum(share.points for share in given),
        Cause.PURCHASE,
        note=f"订单 {order.order_no}",
        available_at=terms.usable_from(session, order.paid_at),
        expires_at=terms.expires_at(session, order.paid_at),
        at=order.paid_at,
        detail=service.told(given),
    )
    return points.earn(session, actor, order.customer_id, lot, ref=ref_of(order))


def pay(session: Session, actor: Actor, customer_id: int, order_no: str, number: int) -> int:
    """Give points for a part of an order's price; returns what they are worth, in fen.

    The till calls it while the order is being paid. Safe to repeat.

    Raises:
        Forbidden: the actor may not spend this customer's points.
        CustomerNotFound: there is no such customer.
        InsufficientPoints: they have too few.
    """
    points.spend(
        session, actor, customer_id, number, note=f"订单 {order_no} 抵现", ref=_paid_ref(order_no)
    )
    return number * int(rules.get(session, "points.worth_fen"))


def cancel_payment(
    session: Session, actor: Actor, customer_id: int, order_no: str, *, ref: str
) -> PointsEntry | None:
    """The order came to nothing: the points given for it are back in their lots.

    Raises:
        Forbidden: the actor may not.
        CustomerNotFound: there is no such customer.
    """
    return points.restore(
        session, actor, customer_id,
        spent_by=_paid_ref(order_no), note=f"订单 {order_no} 取消", ref=ref,
    )  # fmt: skip


def take_back(session: Session, actor: Actor, order: Order, *, ref: str) -> None:
    """Set points right after goods came back: those they earned are taken back, those that were
    given for them are restored to their lots.

    What is kept goes on counting in proportion, rounded down, so that however an order comes back
    in parts, each point moves once and the whole has moved at last. Safe to repeat.

    Raises:
        Forbidden: the actor may not.
        CustomerNotFound: there is no such customer.
    """
    note = f"订单 {order.order_no} 退货"
    who = order.customer_id
    paid = entries.moved_by(session, who, _paid_ref(order.order_no))
    if (back := _gone(order, paid.points) - paid.undone) > 0:
        points.restore(
            session, actor, who,
            spent_by=_paid_ref(order.order_no), note=note, ref=f"{ref}:paid", points=back,
        )  # fmt: skip
    earned = entries.moved_by(session, who, ref_of(order))
    if (back := _gone(order, earned.points) - earned.undone) > 0:
        points.reverse(
            session, actor, who, earned_by=ref_of(order), note=note, ref=ref, points=back
        )


def ref_of(order: Order) -> str:
    """The `ref` of the points that an order gave."""
    return f"order:{order.order_no}"


def _paid_ref(order_no: str) -> str:
    return f"pay:{order_no}"


def _gone(order: Order, number: int) -> int:
    """How many of so many points belong to what came back."""
    if order.total_fen == 0:  # paid with points alone: nothing tells parts of it apart
        return number if order.state is OrderState.RETURNED else 0
    kept_fen = order.total_fen - order.refunded_fen
    return number - number * kept_fen // order.total_fen
