"""What cron does with levels: bringing them to what is earned, and giving the gifts they bring."""

from datetime import date, timedelta

from sqlmodel import Session, col, func, select

from crm_core.authz import system
from crm_core.clock import now, today
from crm_core.coupons.errors import NoneLeft
from crm_core.customers import index
from crm_core.customers.models import Customer, SearchKind
from crm_core.db import reading, unit_of_work
from crm_core.points.models import GIVING, Cause, PointsEntry
from crm_core.rewards import gifts
from crm_core.rewards.gifts import Gift
from crm_core.tiers import program, service
from crm_core.tiers.program import Over, Program

_ACTOR = system("tiers")
_YEAR = timedelta(days=365)
_CATCH_UP = 7  # days: a birthday on which nothing ran is made up for
_MONTHS_A_QUARTER = 3


def reassess_all() -> None:
    """Bring everybody's level to what is earned today, one customer a transaction."""
    with reading() as session:
        due = _above_the_lowest(session) | _with_enough_points(session)
    for customer_id in sorted(due):
        with unit_of_work() as session:
            service.reassess(session, _ACTOR, customer_id, ref=f"nightly:{today()}")


def give_birthday_gifts() -> None:
    """Give each level's birthday gift, on the day or within a week after it, once a year."""
    with reading() as session:
        levels = program.in_force(session)
        due = [
            (customer_id, gift, day.year)
            for day in (today() - timedelta(days=n) for n in range(_CATCH_UP))
            for customer_id, gift in _birthdays(session, levels, day)
        ]
    for customer_id, gift, year in due:
        _give(customer_id, gift, Cause.BIRTHDAY, "生日礼", f"birthday:{year}")


def give_quarterly_gifts() -> None:
    """Give each level's gift of this quarter, to whoever has the level now and had none yet."""
    quarter = f"{today().year}Q{(today().month - 1) // _MONTHS_A_QUARTER + 1}"
    with reading() as session:
        levels = program.in_force(session)
        due = [
            (customer_id, gift)
            for name in levels.names
            if (gift := levels.rights(name).quarterly_gift)
            for customer_id in _with_level(session, name)
        ]
    for customer_id, gift in due:
        _give(customer_id, gift, Cause.GIFT, f"{quarter} 季度礼", f"quarter:{quarter}")


def _give(customer_id: int, gift: Gift, cause: Cause, note: str, ref: str) -> None:
    """One gift a transaction; where a coupon's stock is used up, the others still get theirs."""
    try:
        with unit_of_work() as session:
            gifts.give(session, _ACTOR, customer_id, gift, cause=cause, note=note, ref=ref)
    except NoneLeft:
        return


def _birthdays(session: Session, levels: Program, day: date) -> list[tuple[int, Gift]]:
    """Whose birthday it is, by the keyed index of months and days, and what their level gives."""
    keys = [(SearchKind.BIRTH_DAY, said) for said in _said(day)]
    ids = index.matching_any(session, keys)
    theirs = select(Customer.id, Customer.tier).where(
        col(Customer.id).in_(ids), col(Customer.joined_into).is_(None)
    )
    return [
        (customer_id, gift)
        for customer_id, tier in session.exec(theirs.order_by(col(Customer.id)))
        if (gift := levels.rights(tier).birthday_gift)
    ]


def _said(day: date) -> list[str]:
    """The day as birthdays have it; who was born on 29 February celebrates the day before."""
    leap = (day + timedelta(days=1)).month != day.month and (day.month, day.day) == (2, 28)
    return [f"{day:%m-%d}", *(["02-29"] if leap else [])]


def _above_the_lowest(session: Session) -> set[int]:
    lowest = program.in_force(session).names[0]
    theirs = select(Customer.id).where(Customer.tier != lowest, col(Customer.joined_into).is_(None))
    return set(session.exec(theirs))


def _with_enough_points(session: Session) -> set[int]:
    """Who may have reached a level by points since they last bought."""
    found: set[int] = set()
    for level in program.in_force(session).levels:
        if level.points is None:
            continue
        earned = (
            select(PointsEntry.customer_id)
            .join(Customer, col(Customer.id) == col(PointsEntry.customer_id))
            .where(col(PointsEntry.cause).in_(GIVING), PointsEntry.cause != Cause.OPENING)
            .where(col(Customer.joined_into).is_(None))
            .group_by(col(PointsEntry.customer_id))
            .having(func.sum(PointsEntry.delta) >= level.points.points)
        )
        if level.points.over is Over.ROLLING_YEAR:
            earned = earned.where(PointsEntry.created_at > now() - _YEAR)
        found.update(session.exec(earned))
    return found


def _with_level(session: Session, name: str) -> list[int]:
    theirs = select(Customer.id).where(Customer.tier == name, col(Customer.joined_into).is_(None))
    return list(session.exec(theirs.order_by(col(Customer.id))))
