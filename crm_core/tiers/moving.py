"""How a level changes: up at once, down after a grace, each step with its reason."""

from datetime import datetime, timedelta

from sqlmodel import Session, col, select

from crm_core.audit import service as audit
from crm_core.authz import Actor
from crm_core.clock import now
from crm_core.customers.models import Customer
from crm_core.points.terms import months_later
from crm_core.tiers.measuring import Measure
from crm_core.tiers.models import TierChange, Why
from crm_core.tiers.program import Falls, Level, Program
from crm_core.timeline import service as timeline
from crm_core.timeline.models import EventKind
from crm_core.webhooks import service as webhooks
from crm_core.webhooks.service import Event

_GIVEN = Why.GRANTED, Why.REDEEMED
_REF = 128


def adopt(session: Session, actor: Actor, customer: Customer, levels: Program, ref: str) -> None:
    """A level that no step explains came from elsewhere: it is kept for a time."""
    last = latest(session, customer.id)
    explained = last is not None and last.level == customer.tier
    own = Measure(session, customer.id)
    rank = levels.rank(customer.tier)
    if explained or rank <= 0 or _earned(levels, own)[0] >= rank:
        return
    until = months_later(now(), levels.grant_months)
    change(session, actor, customer, customer.tier, Why.GRANTED, ref=f"{ref}:had", until=until)


def follow(
    session: Session,
    actor: Actor,
    customer: Customer,
    levels: Program,
    ref: str,
    *,
    at_once: bool,
) -> None:
    """Bring the level to what is earned, or has been given and still holds."""
    if caused_by(session, customer.id, ref):
        return
    best, why = _best(session, customer, levels)
    last, now_at = latest(session, customer.id), levels.rank(customer.tier)
    in_grace = last is not None and last.why is Why.GRACE and last.level == customer.tier
    if now_at < 0:
        change(session, actor, customer, levels.names[best], Why.PROGRAM, ref=ref)
    elif best > now_at:
        change(session, actor, customer, levels.names[best], why, ref=ref)
    elif best == now_at and in_grace:
        change(session, actor, customer, customer.tier, Why.KEPT, ref=ref)
    elif best < now_at:
        if in_grace:
            _lapse(session, actor, customer, levels, best, ref)
        elif at_once:
            change(session, actor, customer, levels.names[best], Why.RETURN, ref=ref)
        else:
            _begin_grace(session, actor, customer, levels, best, ref)


def latest(session: Session, customer_id: int) -> TierChange | None:
    """The last step of the customer's level."""
    theirs = select(TierChange).where(TierChange.customer_id == customer_id)
    return session.exec(theirs.order_by(col(TierChange.id).desc()).limit(1)).first()


def caused_by(session: Session, customer_id: int, ref: str) -> TierChange | None:
    """The step that `ref` caused."""
    same = TierChange.customer_id == customer_id, TierChange.ref == ref[:_REF]
    return session.exec(select(TierChange).where(*same)).one_or_none()


def change(
    session: Session,
    actor: Actor,
    customer: Customer,
    level: str,
    why: Why,
    *,
    ref: str,
    until: datetime | None = None,
) -> None:
    """Write one step of a locked customer's level; a repeated `ref` writes none."""
    if caused_by(session, customer.id, ref):
        return
    step = TierChange(
        customer_id=customer.id, was=customer.tier, level=level, why=why, ref=ref[:_REF],
        until=until,
    )  # fmt: skip
    customer.tier = level
    session.add_all([step, customer])
    session.flush()
    if step.was != level:
        timeline.add(
            session, customer.id, EventKind.TIER, ref=f"tier:{step.id}", was=step.was, level=level,
            why=why.value,
        )  # fmt: skip
        told = {"customer_id": customer.id, "was": step.was, "level": level, "why": why.value}
        webhooks.emit(session, Event.TIER_CHANGED, told, ref=f"tier:{step.id}")
    audit.record(
        session, actor, f"tier:{why.value}", f"customer:{customer.id}", was=step.was, level=level
    )


def _begin_grace(
    session: Session, actor: Actor, customer: Customer, levels: Program, best: int, ref: str
) -> None:
    if not levels.grace_days:
        _fall(session, actor, customer, levels, best, ref)
        return
    until = now() + timedelta(days=levels.grace_days)
    change(session, actor, customer, customer.tier, Why.GRACE, ref=ref, until=until)


def _lapse(
    session: Session, actor: Actor, customer: Customer, levels: Program, best: int, ref: str
) -> None:
    last = latest(session, customer.id)
    if last is not None and last.until is not None and last.until <= now():
        _fall(session, actor, customer, levels, best, ref)


def _fall(
    session: Session, actor: Actor, customer: Customer, levels: Program, best: int, ref: str
) -> None:
    to = best if levels.falls is Falls.TO_EARNED else levels.rank(customer.tier) - 1
    change(session, actor, customer, levels.names[to], Why.LAPSED, ref=ref)


def _best(session: Session, customer: Customer, levels: Program) -> tuple[int, Why]:
    """The highest level that is earned, or was given and still holds."""
    best, why = _earned(levels, Measure(session, customer.id))
    given = select(TierChange).where(
        TierChange.customer_id == customer.id,
        col(TierChange.why).in_(_GIVEN),
        col(TierChange.until) > now(),
    )
    for step in session.exec(given):
        if levels.rank(step.level) > best:
            best, why = levels.rank(step.level), step.why
    return best, why


def _earned(levels: Program, measure: Measure) -> tuple[int, Why]:
    """The highest level that one of the two tracks leads to."""
    for rank, level in reversed(list(enumerate(levels.levels))):
        if (why := _reached(level, measure)) is not None:
            return rank, why
    return 0, Why.SPENDING


def _reached(level: Level, measure: Measure) -> Why | None:
    if measure.missing_fen(level) == 0:
        return Why.SPENDING
    return Why.POINTS if measure.missing_points(level) == 0 else None
