"""Where a coupon stands, and bringing it a step further; never two steps at once."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import aliased
from sqlmodel import Session, col, func, select

from crm_core.audit import service as audit
from crm_core.authz import Actor
from crm_core.clock import now
from crm_core.coupons.models import Coupon, CouponState, CouponStep
from crm_core.timeline import service as timeline
from crm_core.timeline.models import EventKind

FREE = CouponState.ISSUED, CouponState.RELEASED, CouponState.RETURNED
_TOLD = CouponState.ISSUED, CouponState.REDEEMED, CouponState.RETURNED, CouponState.REVOKED


@dataclass(frozen=True)
class ForOrder:
    """The order that a step is about."""

    number: str = ""
    off_fen: int = 0  # what the coupon takes off it
    until: datetime | None = None  # the end of its reservation


NO_ORDER = ForOrder()


def latest(session: Session, coupon_id: int) -> CouponStep | None:
    """Where the coupon stands; None before it is issued."""
    of_it = select(CouponStep).where(CouponStep.coupon_id == coupon_id)
    return session.exec(of_it.order_by(col(CouponStep.number).desc()).limit(1)).first()


def standing(
    session: Session,
    *states: CouponState,
    customer_id: int | None = None,
    order_no: str | None = None,
    ended_by: datetime | None = None,
    lapsed_by: datetime | None = None,
) -> Sequence[tuple[Coupon, CouponStep]]:
    """Coupons that stand in one of these states: a customer's, an order's, those whose validity
    has ended, those whose reservation has lapsed; the oldest first.
    """
    later = aliased(CouponStep)
    newest = select(func.max(col(later.number))).where(later.coupon_id == Coupon.id)
    wanted = (
        select(Coupon, CouponStep)
        .join(CouponStep, col(CouponStep.coupon_id) == col(Coupon.id))
        .where(CouponStep.number == newest.scalar_subquery(), col(CouponStep.state).in_(states))
    )
    if customer_id is not None:
        wanted = wanted.where(Coupon.customer_id == customer_id)
    if order_no is not None:
        wanted = wanted.where(CouponStep.order_no == order_no)
    if ended_by is not None:
        wanted = wanted.where(col(Coupon.valid_until) <= ended_by)
    if lapsed_by is not None:
        wanted = wanted.where(col(CouponStep.until) <= lapsed_by)
    return session.exec(wanted.order_by(col(Coupon.id))).all()


def free(step: CouponStep | None) -> bool:
    """Whether the coupon can be taken: a reservation that has lapsed holds nothing."""
    if step is None:
        return False
    lapsed = step.until is not None and step.until <= now()
    return step.state in FREE or (step.state is CouponState.RESERVED and lapsed)


def add(
    session: Session,
    actor: Actor,
    coupon: Coupon,
    state: CouponState,
    *,
    ref: str,
    order: ForOrder = NO_ORDER,
) -> CouponStep:
    """Bring the coupon to a state; the caller has locked its customer and looked at the last."""
    before = latest(session, coupon.id)
    step = CouponStep(
        coupon_id=coupon.id,
        number=before.number + 1 if before else 1,
        state=state,
        order_no=order.number,
        off_fen=order.off_fen,
        until=order.until,
        ref=ref,
    )
    session.add(step)
    session.flush()
    if state in _TOLD:
        timeline.add(
            session, coupon.customer_id, EventKind.COUPON,
            ref=f"coupon:{coupon.id}:{step.number}", state=state.value, order_no=order.number,
        )  # fmt: skip
    audit.record(
        session, actor, f"coupon:{state.value}", f"coupon:{coupon.id}", order_no=order.number
    )
    return step
