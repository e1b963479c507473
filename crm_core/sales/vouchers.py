"""The coupons of an order: used when it is paid, given back when all of it comes back."""

from collections.abc import Sequence

from sqlmodel import Session

from crm_core.authz import Actor
from crm_core.coupons import service as coupons
from crm_core.coupons.pricing import Basket, Goods
from crm_core.orders.models import Order
from crm_core.orders.service import Kept
from crm_core.stores import service as stores


def use(session: Session, actor: Actor, kept: Kept, numbers: Sequence[str]) -> None:
    """Redeem coupons for a new order; those the till has reserved for it, or free ones.

    Raises:
        CouponNotFound, CouponUnusable, ReservationConflict: one cannot be used for it.
    """
    ref = f"order:{kept.order.order_no}"
    coupons.reserve(
        session, actor, numbers, _basket(session, kept), order_no=kept.order.order_no, ref=ref
    )
    coupons.confirm(session, actor, kept.order.order_no, ref=ref)


def give_back(session: Session, actor: Actor, order: Order, *, ref: str) -> None:
    """Let the coupons of an order be used again."""
    coupons.give_back(session, actor, order.order_no, ref=ref)


def _basket(session: Session, kept: Kept) -> Basket:
    goods = tuple(Goods(line.price_fen * line.quantity, line.category) for line in kept.lines)
    return Basket(goods, stores.codes(session, [kept.order.store_id]).get(kept.order.store_id))
