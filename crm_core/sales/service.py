"""What happens when customers buy or bring back: rows, stock, points, tier, figures, at once."""

from dataclasses import dataclass, replace

from sqlmodel import Session

from crm_core.audit import service as audit
from crm_core.authz import Actor, Permission, Role
from crm_core.customers import service as customers
from crm_core.earning import orders as earning
from crm_core.figures import service as figures
from crm_core.orders import returning
from crm_core.orders import service as orders
from crm_core.orders.models import Order, OrderState, Return
from crm_core.orders.returning import NewReturn
from crm_core.orders.service import NewOrder, OrderNotFound
from crm_core.sales import goods, telling, vouchers
from crm_core.tiers import service as tiers


@dataclass(frozen=True)
class PaidWith:
    """What was handed over besides money; the till has asked what both are worth."""

    points: int = 0
    coupons: tuple[str, ...] = ()  # their numbers


MONEY = PaidWith()


def record_sale(
    session: Session, actor: Actor, new: NewOrder, *, ref: str, paid_with: PaidWith = MONEY
) -> Order:
    """Keep a paid order under its number, `ref`, with all that follows from it.

    Stock falls, points and coupons that were handed over are used, points and the tier that it
    earns are given, figures and timeline are brought up to date, and who waits for it is told.
    Safe to repeat: the same number with the same contents returns the first order.

    Raises:
        Forbidden: the actor may not.
        CustomerNotFound: there is no such customer.
        OrderConflict: the number is taken by an order with other contents.
        InsufficientPoints: fewer points are available than were handed over.
        CouponNotFound, CouponUnusable, ReservationConflict: a coupon cannot be used for it.
        ValueError: there are no lines, or a sum or quantity makes no sense; edges validate first.
    """
    customer = customers.lock(session, actor, Permission.ORDER_WRITE, new.customer_id)
    kept = orders.keep(session, new, ref)
    if not kept.is_new:
        return kept.order
    happened, shop = f"order:{ref}", _shop(actor)
    if paid_with.points:
        earning.pay(session, shop, customer.id, ref, paid_with.points)
    if paid_with.coupons:
        vouchers.use(session, shop, kept, paid_with.coupons)
    telling.sold(session, kept)
    audit.record(session, actor, "order:record", happened, total_fen=kept.order.total_fen)
    if new.earns:
        earning.give(session, shop, kept.order)
    tiers.reassess(session, shop, customer.id, ref=happened)
    figures.refresh(session, customer.id)
    goods.leave(session, kept)  # last: other shops' sales wait for these rows
    return kept.order


def record_return(session: Session, actor: Actor, new: NewReturn, *, ref: str) -> Return:
    """Take goods back under the return's number, `ref`, with all that follows from it.

    They are put on stock, the points that they earned are reversed (points spent already leave the
    balance negative), points handed over for them are restored, the tier they earned falls; an
    order that came back whole gives its coupons back.
    Repeating changes nothing, nor does bringing back the whole of an order that came back whole.

    Raises:
        Forbidden: the actor may not.
        OrderNotFound: no order has this number.
        ReturnConflict: the number is taken by a return with other contents.
        TooManyReturned: more comes back than is left.
    """
    order = _lock(session, actor, new.order_no)
    earlier = returning.of_order(session, order)
    if earlier and order.state is OrderState.RETURNED and not new.items:
        return earlier[-1]
    taken = returning.take_back(session, order, new, ref)
    if not taken.is_new:
        return taken.row
    happened, shop = f"return:{ref}", _shop(actor)
    telling.came_back(session, order, taken)
    audit.record(
        session, actor, "order:returned", f"order:{order.order_no}",
        ref=ref, refund_fen=taken.row.refund_fen,
    )  # fmt: skip
    earning.take_back(session, shop, order, ref=happened)
    if order.state is OrderState.RETURNED:
        vouchers.give_back(session, shop, order, ref=happened)
    tiers.reassess(session, shop, order.customer_id, ref=happened, at_once=True)
    figures.refresh(session, order.customer_id)
    goods.come_back(session, taken)
    return taken.row


def _lock(session: Session, actor: Actor, order_no: str) -> Order:
    actor.require(Permission.ORDER_WRITE)
    if (order := orders.by_no(session, order_no)) is None:
        raise OrderNotFound(order_no, number=order_no)
    customers.lock(session, actor, Permission.ORDER_WRITE, order.customer_id)
    session.refresh(order)
    return order


def _shop(actor: Actor) -> Actor:
    """What follows from a sale follows by the shop's rules, whatever else the till may do."""
    return replace(actor, role=Role.ADMIN, scopes=None)
