"""Issuing coupons, and using each once: the till reserves, then confirms or lets go."""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlmodel import Session, col, func, select

from crm_core.authz import Actor, Permission
from crm_core.clock import now
from crm_core.coupons import kinds, pricing, steps
from crm_core.coupons.errors import (
    CouponNotFound,
    CouponUnusable,
    NoneLeft,
    ReservationConflict,
    Unfit,
)
from crm_core.coupons.models import Coupon, CouponKind, CouponState, CouponStep
from crm_core.coupons.pricing import Basket, Held
from crm_core.coupons.steps import ForOrder
from crm_core.customers import service as customers
from crm_core.rules import service as rules

_DIGITS = 12


def issue(
    session: Session, actor: Actor, customer_id: int, code: str, *, note: str = "", ref: str
) -> Coupon:
    """Give a customer a coupon of the kind `code`. Safe to repeat under its `ref`.

    Raises:
        Forbidden: the actor may not.
        CustomerNotFound: there is no such customer.
        CouponKindNotFound: there is no such kind.
        NoneLeft: the kind's stock, or this customer's share of it, is used up.
    """
    customers.lock(session, actor, Permission.COUPON_WRITE, customer_id)
    same = Coupon.customer_id == customer_id, Coupon.ref == ref
    if earlier := session.exec(select(Coupon).where(*same)).one_or_none():
        return earlier
    kind = kinds.by_code(session, code, locked=True)
    _some_left(session, kind, customer_id)
    begins, ends = _validity(kind)
    coupon = Coupon(
        kind_id=kind.id,
        customer_id=customer_id,
        number=_number(),
        note=note,
        ref=ref,
        valid_from=begins,
        valid_until=ends,
    )
    session.add(coupon)
    session.flush()
    steps.add(session, actor, coupon, CouponState.ISSUED, ref=ref)
    return coupon


@dataclass(frozen=True)
class Reservation:
    """Coupons that an order holds, and what they take off it."""

    order_no: str
    off_fen: int
    by_number: dict[str, int]  # what each takes off, in fen
    until: datetime | None  # then they are free again, unless confirmed


def reserve(
    session: Session,
    actor: Actor,
    numbers: Sequence[str],
    basket: Basket,
    *,
    order_no: str,
    ref: str,
) -> Reservation:
    """Hold one customer's coupons for an order that is being paid, for `coupon.reserve_minutes`.

    Safe to repeat: the same coupons for the same order return what they took off.

    Raises:
        Forbidden: the actor may not.
        CouponNotFound: a number is no coupon's.
        CouponUnusable: one cannot be used for this basket, or not with the others.
        ReservationConflict: the order holds other coupons.
        ValueError: no coupon is named, or one twice; edges validate first.
    """
    if not numbers or len(set(numbers)) < len(numbers):
        raise ValueError(numbers)
    held = _lock(session, actor, numbers)
    if earlier := _held_by(session, order_no, CouponState.RESERVED, CouponState.REDEEMED):
        if set(earlier.by_number) == set(numbers):
            return earlier
        raise ReservationConflict(order_no, order_no=order_no)
    for coupon, _ in held:
        if not steps.free(steps.latest(session, coupon.id)):
            raise CouponUnusable(coupon.number, Unfit.TAKEN)
    taken = pricing.quote(held, basket, now())
    until = now() + timedelta(minutes=rules.get(session, "coupon.reserve_minutes"))
    for coupon, _ in held:
        order = ForOrder(order_no, taken[coupon.id], until)
        steps.add(session, actor, coupon, CouponState.RESERVED, ref=ref, order=order)
    by_number = {coupon.number: taken[coupon.id] for coupon, _ in held}
    return Reservation(order_no, sum(by_number.values()), by_number, until)


def confirm(session: Session, actor: Actor, order_no: str, *, ref: str) -> Reservation:
    """The order was paid: its coupons are redeemed. Repeating changes nothing.

    Raises:
        Forbidden: the actor may not.
        ReservationConflict: the order holds no coupons, or they are free again by now.
    """
    _lock_order(session, actor, order_no)
    if done := _held_by(session, order_no, CouponState.REDEEMED):
        return done
    known = steps.standing(session, CouponState.RESERVED, order_no=order_no)
    reserved = [each for each in known if not steps.free(each[1])]  # others have lapsed
    if not reserved:
        raise ReservationConflict(order_no, order_no=order_no)
    for coupon, step in reserved:
        order = ForOrder(order_no, step.off_fen)
        steps.add(session, actor, coupon, CouponState.REDEEMED, ref=ref, order=order)
    return _reservation(order_no, reserved)


def release(session: Session, actor: Actor, order_no: str, *, ref: str) -> int:
    """The order came to nothing: its coupons are free again; returns how many. Repeating is fine.

    Raises:
        Forbidden: the actor may not.
    """
    return _move_all(session, actor, order_no, CouponState.RESERVED, CouponState.RELEASED, ref)


def give_back(session: Session, actor: Actor, order_no: str, *, ref: str) -> int:
    """The whole order was returned: its coupons can be used again, while they are valid.

    Repeating changes nothing; returns how many came back.

    Raises:
        Forbidden: the actor may not.
    """
    return _move_all(session, actor, order_no, CouponState.REDEEMED, CouponState.RETURNED, ref)


def revoke(session: Session, actor: Actor, number: str, *, ref: str) -> None:
    """Take a coupon away that was not used. Repeating changes nothing.

    Raises:
        Forbidden: the actor may not.
        CouponNotFound: there is no such coupon.
        CouponUnusable: it was used, is reserved or has expired.
    """
    ((coupon, _),) = _lock(session, actor, [number])
    step = steps.latest(session, coupon.id)
    if step is not None and step.state is CouponState.REVOKED:
        return
    if not steps.free(step):
        raise CouponUnusable(number, Unfit.TAKEN)
    steps.add(session, actor, coupon, CouponState.REVOKED, ref=ref)


def usable(session: Session, actor: Actor, customer_id: int) -> list[Held]:
    """The coupons a customer can use now, those that end soonest first.

    Raises:
        Forbidden: the actor may not see this customer's coupons.
        CustomerNotFound: there is no such customer.
    """
    customers.get(session, actor, Permission.COUPON_READ, customer_id)
    known = steps.standing(session, *steps.FREE, CouponState.RESERVED, customer_id=customer_id)
    at = now()
    held = [
        (coupon, session.get_one(CouponKind, coupon.kind_id))
        for coupon, step in known
        if steps.free(step)
        and coupon.valid_from <= at
        and (coupon.valid_until is None or at < coupon.valid_until)
    ]
    return sorted(held, key=lambda each: (each[0].valid_until is None, each[0].valid_until))


def _lock(session: Session, actor: Actor, numbers: Sequence[str]) -> list[Held]:
    """The coupons, in the order named, with their one customer locked."""
    actor.require(Permission.COUPON_WRITE)
    wanted = select(Coupon).where(col(Coupon.number).in_(numbers))
    found = {coupon.number: coupon for coupon in session.exec(wanted)}
    for number in numbers:
        if number not in found:
            raise CouponNotFound(number, number=number)
    owners = {coupon.customer_id for coupon in found.values()}
    if len(owners) > 1:
        raise CouponUnusable(numbers[-1], Unfit.OTHER_CUSTOMER)
    customers.lock(session, actor, Permission.COUPON_WRITE, owners.pop())
    held = [found[number] for number in numbers]
    return [(coupon, session.get_one(CouponKind, coupon.kind_id)) for coupon in held]


def _lock_order(session: Session, actor: Actor, order_no: str) -> None:
    """Lock the customer whose coupons the order holds or held."""
    actor.require(Permission.COUPON_WRITE)
    of_it = (
        select(Coupon.customer_id)
        .join(CouponStep, col(CouponStep.coupon_id) == col(Coupon.id))
        .where(CouponStep.order_no == order_no)
        .distinct()
    )
    for customer_id in sorted(session.exec(of_it)):
        customers.lock(session, actor, Permission.COUPON_WRITE, customer_id)


def _move_all(
    session: Session, actor: Actor, order_no: str, was: CouponState, to: CouponState, ref: str
) -> int:
    _lock_order(session, actor, order_no)
    moved = steps.standing(session, was, order_no=order_no)
    for coupon, _ in moved:
        steps.add(session, actor, coupon, to, ref=ref, order=ForOrder(order_no))
    return len(moved)


def _held_by(session: Session, order_no: str, *states: CouponState) -> Reservation | None:
    """What the order holds; a reservation that has lapsed holds nothing."""
    held = steps.standing(session, *states, order_no=order_no)
    live = [each for each in held if not steps.free(each[1])]
    return _reservation(order_no, live) if live else None


def _reservation(order_no: str, held: Sequence[tuple[Coupon, CouponStep]]) -> Reservation:
    by_number = {coupon.number: step.off_fen for coupon, step in held}
    until = min((step.until for _, step in held if step.until), default=None)
    return Reservation(order_no, sum(by_number.values()), by_number, until)


def _some_left(session: Session, kind: CouponKind, customer_id: int) -> None:
    """Revoked coupons count as issued: what was taken away is not given to somebody else."""
    of_kind = select(func.count()).select_from(Coupon).where(Coupon.kind_id == kind.id)
    theirs = of_kind.where(Coupon.customer_id == customer_id)
    if kind.stock is not None and session.exec(of_kind).one() >= kind.stock:
        raise NoneLeft(kind.code, title=kind.title)
    if kind.per_customer is not None and session.exec(theirs).one() >= kind.per_customer:
        raise NoneLeft(kind.code, title=kind.title)


def _validity(kind: CouponKind) -> tuple[datetime, datetime | None]:
    begins = max(now(), kind.valid_from) if kind.valid_from else now()
    ends = begins + timedelta(days=kind.valid_days) if kind.valid_days else None
    both = [end for end in (ends, kind.valid_until) if end]
    return begins, min(both) if both else None


def _number() -> str:
    return "".join(secrets.choice("0123456789") for _ in range(_DIGITS))
