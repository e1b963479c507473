"""What cron does with coupons."""

from crm_core.authz import Permission, system
from crm_core.clock import now
from crm_core.coupons import steps
from crm_core.coupons.models import Coupon, CouponState
from crm_core.customers import service as customers
from crm_core.db import reading, unit_of_work

_ACTOR = system("coupons")


def release_overdue() -> None:
    """Free the coupons of orders that were not paid in time."""
    with reading() as session:
        lapsed = steps.standing(session, CouponState.RESERVED, lapsed_by=now())
        due = [coupon.id for coupon, _ in lapsed]
    for coupon_id in due:
        _step(coupon_id, CouponState.RELEASED)


def write_off_expired() -> None:
    """Close the coupons that nobody used in time."""
    with reading() as session:
        ended = steps.standing(session, *steps.FREE, ended_by=now())
        due = [coupon.id for coupon, _ in ended]
    for coupon_id in due:
        _step(coupon_id, CouponState.EXPIRED)


def _step(coupon_id: int, state: CouponState) -> None:
    """One coupon a transaction; somebody may have used it since it was seen."""
    with unit_of_work() as session:
        coupon = session.get_one(Coupon, coupon_id)
        customers.lock(session, _ACTOR, Permission.COUPON_WRITE, coupon.customer_id)
        step = steps.latest(session, coupon_id)
        assert step is not None
        overdue = state is CouponState.EXPIRED or step.state is CouponState.RESERVED
        if steps.free(step) and overdue:
            steps.add(session, _ACTOR, coupon, state, ref=f"{state.value}:{coupon_id}")
