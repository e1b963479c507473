"""Checking in once a day; so many days in a row bring a gift."""

from dataclasses import dataclass
from datetime import date, timedelta

from sqlmodel import Session, col, select

from crm_core.audit import service as audit
from crm_core.authz import Actor, Permission, system
from crm_core.checkins.models import CheckIn
from crm_core.clock import today
from crm_core.customers import service as customers
from crm_core.earning import service as earning
from crm_core.earning.definition import Trigger
from crm_core.points.models import Cause
from crm_core.rewards import gifts
from crm_core.rewards.gifts import Gift
from crm_core.rules import service as rules
from crm_core.timeline import service as timeline
from crm_core.timeline.models import EventKind

_SHOP = system("check_in")  # the shop gives what its customer's visit brings
_FAR = 400  # days: no streak that a gift depends on is longer


@dataclass(frozen=True)
class Checked:
    """A day's check-in."""

    streak: int  # days in a row, this one among them
    points: int
    gift: str  # in words; empty if the streak is not complete
    days_to_gift: int


def check_in(session: Session, actor: Actor, customer_id: int, *, ref: str) -> Checked:
    """Say that the customer is here today. A second time on one day changes nothing.

    Raises:
        Forbidden: the actor may not.
        CustomerNotFound: there is no such customer.
    """
    customers.lock(session, actor, Permission.CHECK_IN, customer_id)
    day = today()
    is_new = _on(session, customer_id, day) is None
    if is_new:
        session.add(CheckIn(customer_id=customer_id, on_day=day, ref=ref))
        session.flush()
        timeline.add(session, customer_id, EventKind.CHECK_IN, ref=f"check_in:{day}")
        audit.record(session, actor, "check_in:write", f"customer:{customer_id}")
    given = earning.give(
        session, _SHOP, customer_id, Trigger.CHECK_IN, note=f"{day:%Y-%m-%d}",
        ref=f"check_in:{day}",
    )  # fmt: skip
    streak = streak_of(session, customer_id, day)
    return Checked(
        streak=streak,
        points=given.delta if given else 0,
        gift=_reward(session, customer_id, day, streak),
        days_to_gift=-streak % int(rules.get(session, "check_in.streak_days")),
    )


def streak_of(session: Session, customer_id: int, day: date) -> int:
    """How many days in a row the customer checked in, up to `day`. The caller may know.

    Counted from the days themselves, so that it is right after records were joined or parted.
    """
    since = day - timedelta(days=_FAR)
    theirs = select(col(CheckIn.on_day)).where(CheckIn.customer_id == customer_id)
    days = set(session.exec(theirs.where(col(CheckIn.on_day) > since, col(CheckIn.on_day) <= day)))
    streak = 0
    while day - timedelta(days=streak) in days:
        streak += 1
    return streak


def _on(session: Session, customer_id: int, day: date) -> CheckIn | None:
    same = CheckIn.customer_id == customer_id, CheckIn.on_day == day
    return session.exec(select(CheckIn).where(*same)).one_or_none()


def _gift_points(session: Session) -> int:
    return int(rules.get(session, "check_in.gift_points"))


def _reward(session: Session, customer_id: int, day: date, streak: int) -> str:
    every = int(rules.get(session, "check_in.streak_days"))
    if streak == 0 or streak % every:
        return ""
    coupon = rules.get(session, "check_in.gift_coupon")
    gift = Gift(coupon=coupon) if coupon else Gift(points=_gift_points(session))
    gifts.give(
        session, _SHOP, customer_id, gift,
        cause=Cause.CHECK_IN, note=f"连续签到 {streak} 天", ref=f"check_in_gift:{day}",
    )  # fmt: skip
    return gifts.shown(session, gift)
