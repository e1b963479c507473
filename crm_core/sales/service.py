"""What happens when customers buy, bring back or change: rows, points, tier, timeline, at once."""

from sqlmodel import Session

from crm_core.audit import service as audit
from crm_core.authz import Actor, Permission
from crm_core.customers import service as customers
from crm_core.customers.models import Customer
from crm_core.orders import returning
from crm_core.orders import service as orders
from crm_core.orders.models import Order, OrderState, Return
from crm_core.orders.returning import NewReturn, Taken
from crm_core.orders.service import Kept, NewOrder, OrderNotFound
from crm_core.sales import earning, spending
from crm_core.timeline import service as timeline
from crm_core.timeline.models import EventKind


def record_sale(session: Session, actor: Actor, new: NewOrder, *, ref: str) -> Order:
    """Keep a paid order under its number, `ref`; give its points and raise the tier it earns.

    Safe to repeat: the same number with the same contents returns the first order.

    Raises:
        Forbidden: the actor may not.
        CustomerNotFound: there is no such customer.
        OrderConflict: the number is taken by an order with other contents.
        ValueError: there are no lines, or a sum or quantity makes no sense; edges validate first.
    """
    customer = customers.lock(session, actor, Permission.ORDER_WRITE, new.customer_id)
    kept = orders.keep(session, new, ref)
    if not kept.is_new:
        return kept.order
    if new.earns:
        earning.give(session, actor, kept.order)
    customer.tier = spending.higher(customer.tier, spending.earned(session, customer.id))
    happened = f"order:{ref}"
    timeline.add(
        session, customer.id, EventKind.PURCHASE, ref=happened, at=kept.order.paid_at,
        **_told(kept),
    )  # fmt: skip
    audit.record(session, actor, "order:record", happened, total_fen=kept.order.total_fen)
    return kept.order


def record_return(session: Session, actor: Actor, new: NewReturn, *, ref: str) -> Return:
    """Take goods back under the return's number, `ref`: their points are reversed by new entries,
    the tier they earned falls.

    Points spent already leave the balance negative. Repeating changes nothing, nor does bringing
    back the whole of an order that came back whole.

    Raises:
        Forbidden: the actor may not.
        OrderNotFound: no order has this number.
        ReturnConflict: the number is taken by a return with other contents.
        TooManyReturned: more comes back than is left.
    """
    customer, order = _lock(session, actor, new.order_no)
    if order.state is OrderState.RETURNED and not new.items:
        return returning.of_order(session, order)[-1]
    by_spending = customer.tier == spending.earned(session, customer.id)
    taken = returning.take_back(session, order, new, ref)
    if not taken.is_new:
        return taken.row
    earning.take_back(session, actor, order, ref=f"return:{ref}")
    if by_spending:
        customer.tier = spending.earned(session, customer.id)
    _tell_return(session, order, taken)
    audit.record(
        session, actor, "order:return", f"order:{order.order_no}",
        ref=ref, refund_fen=taken.row.refund_fen,
    )  # fmt: skip
    return taken.row


def _lock(session: Session, actor: Actor, order_no: str) -> tuple[Customer, Order]:
    actor.require(Permission.ORDER_WRITE)
    if (order := orders.by_no(session, order_no)) is None:
        raise OrderNotFound(order_no, number=order_no)
    customer = customers.lock(session, actor, Permission.ORDER_WRITE, order.customer_id)
    session.refresh(order)
    return customer, order


def _told(kept: Kept) -> dict[str, object]:
    """The order as the timeline keeps it."""
    named = {"product_name", "category", "size", "color", "quantity", "price_fen"}
    return {
        "order_no": kept.order.order_no,
        "total_fen": kept.order.total_fen,
        "store_id": kept.order.store_id,
        "staff_id": kept.order.staff_id,
        "items": [line.model_dump(include=named) for line in kept.lines],
    }


def _tell_return(session: Session, order: Order, taken: Taken) -> None:
    named = {"product_name", "category", "size", "color"}
    items = [
        {**line.model_dump(include=named), "quantity": quantity} for line, quantity in taken.pieces
    ]
    timeline.add(
        session, order.customer_id, EventKind.RETURN, ref=f"return:{taken.row.return_no}",
        at=taken.row.returned_at, order_no=order.order_no, refund_fen=taken.row.refund_fen,
        items=items,
    )  # fmt: skip
