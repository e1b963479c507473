"""Levels of membership: what each customer's is, what it brings, and how it changes."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session, col, select

from crm_core import memo
from crm_core.audit import service as audit
from crm_core.authz import Actor, Permission
from crm_core.clock import now
from crm_core.coupons import kinds
from crm_core.customers import service as customers
from crm_core.customers.models import Customer
from crm_core.errors import CrmError, Kind
from crm_core.points import service as points
from crm_core.points.models import Cause
from crm_core.points.terms import months_later
from crm_core.tiers import moving, program
from crm_core.tiers.measuring import Measure
from crm_core.tiers.models import TierProgram, Why
from crm_core.tiers.program import Level, LevelRights, Program


class NoSuchLevel(CrmError):
    code = "no_such_tier"
    kind = Kind.NOT_FOUND


class NotForPoints(CrmError):
    """The level is not given for points, or is none above the customer's own."""

    code = "tier_not_for_points"


@dataclass(frozen=True)
class Rights:
    """What a customer's level brings, and what leads to the next one."""

    level: str
    discount_percent: int  # of the price that is left to pay: 90 is 9折, 100 none
    free_delivery: bool
    free_returns: bool
    adviser: bool
    tailoring: bool
    priority: bool  # before others in the queue
    gifts: LevelRights  # its birthday_gift and quarterly_gift
    until: datetime | None  # when a grace or a granted level ends
    next_level: str | None
    missing_fen: int | None  # of spending, to the next level
    missing_points: int | None  # to be earned
    redeem_points: int | None  # to be given for it


def rights(session: Session, actor: Actor, customer_id: int) -> Rights:
    """What a customer may expect today. Till, queue and chat all ask here.

    Raises:
        Forbidden: the actor may not see this customer.
        CustomerNotFound: there is no such customer.
    """
    customer = customers.get(session, actor, Permission.CUSTOMER_READ, customer_id)
    levels = program.in_force(session)
    rank = max(0, levels.rank(customer.tier))
    brought = levels.rights(levels.names[rank])
    above = levels.levels[rank + 1] if rank + 1 < len(levels.levels) else None
    measure = Measure(session, customer_id)
    last = moving.latest(session, customer_id)
    return Rights(
        level=levels.names[rank],
        discount_percent=brought.discount_percent or 100,
        free_delivery=bool(brought.free_delivery),
        free_returns=bool(brought.free_returns),
        adviser=bool(brought.adviser),
        tailoring=bool(brought.tailoring),
        priority=bool(brought.priority),
        gifts=brought,
        until=last.until if last else None,
        next_level=above.name if above else None,
        missing_fen=measure.missing_fen(above) if above else None,
        missing_points=measure.missing_points(above) if above else None,
        redeem_points=above.redeem.points if above and above.redeem else None,
    )


def prior(session: Session, customer_ids: Collection[int]) -> set[int]:
    """Those of these customers whose level puts them first in the queue. The caller may know."""
    levels = program.in_force(session)
    first = [name for name in levels.names if levels.rights(name).priority]
    theirs = col(Customer.id).in_(customer_ids), col(Customer.tier).in_(first)
    return set(session.exec(select(Customer.id).where(*theirs)))


def reassess(
    session: Session, actor: Actor, customer_id: int, *, ref: str, at_once: bool = False
) -> str:
    """Bring a customer's level to what they have earned; returns it.

    It rises at once. What is no longer earned is kept through the grace and falls then; `at_once`
    (goods came back) there is no grace. Safe to repeat.

    Raises:
        Forbidden: the actor may not change this customer.
        CustomerNotFound: there is no such customer.
    """
    customer = customers.lock(session, actor, Permission.CUSTOMER_WRITE, customer_id)
    levels = program.in_force(session)
    moving.adopt(session, actor, customer, levels, ref)
    moving.follow(session, actor, customer, levels, ref, at_once=at_once)
    return customer.tier


def grant(
    session: Session, actor: Actor, customer_id: int, level: str, *, until: datetime, ref: str
) -> None:
    """Let a customer have a level until a moment, whatever they spend. Safe to repeat.

    Raises:
        Forbidden: the actor may not set up the shop.
        CustomerNotFound, NoSuchLevel: there is no such customer or level.
    """
    actor.require(Permission.SETUP_WRITE)
    customer = customers.lock(session, actor, Permission.CUSTOMER_WRITE, customer_id)
    levels = program.in_force(session)
    _level(levels, level)
    moving.adopt(session, actor, customer, levels, ref)
    moving.change(session, actor, customer, level, Why.GRANTED, ref=ref, until=until)


def redeem(session: Session, actor: Actor, customer_id: int, level: str, *, ref: str) -> None:
    """Give points for a level, which is then the customer's for its time. Safe to repeat.

    Raises:
        Forbidden: the actor may not spend this customer's points.
        CustomerNotFound, NoSuchLevel: there is no such customer or level.
        NotForPoints: the level is not given for points, or is none above the customer's own.
        InsufficientPoints: they have too few.
    """
    customer = customers.lock(session, actor, Permission.POINTS_SPEND, customer_id)
    levels = program.in_force(session)
    price = _level(levels, level).redeem
    if moving.caused_by(session, customer_id, ref):
        return
    if price is None or levels.rank(customer.tier) >= levels.rank(level):
        raise NotForPoints(level, level=level)
    points.spend(
        session, actor, customer_id, price.points, note=level, ref=f"tier:{ref}", cause=Cause.TIER
    )
    moving.adopt(session, actor, customer, levels, ref)
    until = months_later(now(), price.months)
    moving.change(session, actor, customer, level, Why.REDEEMED, ref=ref, until=until)


def use(session: Session, actor: Actor, levels: Program) -> None:
    """Put a set of levels in force; the nightly job brings customers to it. Repeating is fine.

    Raises:
        Forbidden: the actor may not set up the shop.
    """
    actor.require(Permission.SETUP_WRITE)
    if program.in_force(session) == levels:
        return
    for kind in levels.coupons:
        kinds.put(session, actor, kind)
    row = TierProgram(definition=levels.model_dump(mode="json", exclude_none=True))
    session.add(row)
    session.flush()
    memo.forget(session, program.MEMO)
    audit.record(session, actor, "tier:use", f"tier_program:{row.id}", name=levels.name)


def _level(levels: Program, name: str) -> Level:
    if name not in levels.names:
        raise NoSuchLevel(name, name=name)
    return levels.levels[levels.rank(name)]
