"""Coupons as another system knew them: whose they were, and when they were used."""

import hashlib
from datetime import datetime

from sqlmodel import Session, select

from crm_core.audit import service as audit
from crm_core.authz import Actor, Permission
from crm_core.coupons import kinds
from crm_core.coupons.models import Coupon, CouponState, CouponStep
from crm_core.customers import service as customers
from crm_core.saving import Change
from crm_core.timeline import service as timeline
from crm_core.timeline.models import EventKind

_DIGITS = 20


def used(
    session: Session,
    actor: Actor,
    customer_id: int,
    code: str,
    *,
    used_at: datetime,
    note: str = "",
    ref: str,
) -> Change:
    """Keep that a customer had a coupon of the kind `code` and used it. Safe to repeat.

    Neither stock nor limits are asked: it has happened.

    Raises:
        Forbidden: the actor may not.
        CustomerNotFound, CouponKindNotFound: there is no such customer or kind.
    """
    customers.lock(session, actor, Permission.COUPON_WRITE, customer_id)
    kind = kinds.by_code(session, code)
    same = Coupon.customer_id == customer_id, Coupon.ref == ref
    if session.exec(select(Coupon.id).where(*same)).first():
        return Change.SAME
    number = hashlib.sha256(f"{customer_id}\0{ref}".encode()).hexdigest()[:_DIGITS]
    coupon = Coupon(
        kind_id=kind.id,
        customer_id=customer_id,
        number=f"T{number}",
        note=note,
        ref=ref,
        created_at=used_at,
        valid_from=used_at,
    )
    session.add(coupon)
    session.flush()
    for step, state in enumerate((CouponState.ISSUED, CouponState.REDEEMED), 1):
        session.add(CouponStep(coupon_id=coupon.id, number=step, state=state, ref=ref, at=used_at))
    timeline.add(
        session, customer_id, EventKind.COUPON, ref=f"coupon:{coupon.id}:2", at=used_at,
        state=CouponState.REDEEMED.value, order_no="",
    )  # fmt: skip
    audit.record(session, actor, "coupon:take_over", f"customer:{customer_id}", kind=code)
    return Change.ADDED
