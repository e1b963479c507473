"""Earning, spending and explaining points."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlmodel import Session, col, func, select

from crm_core.audit import service as audit
from crm_core.authz import Actor, Permission
from crm_core.clock import now
from crm_core.customers import service as customers
from crm_core.errors import CrmError
from crm_core.points.lots import lots
from crm_core.points.models import Cause, PointsEntry
from crm_core.timeline import service as timeline
from crm_core.timeline.models import EventKind

SOON = timedelta(days=30)  # what expires within it is mentioned


class InsufficientPoints(CrmError):
    code = "insufficient_points"


@dataclass(frozen=True)
class Standing:
    """How a customer's points stand, and why."""

    available: int
    held: int  # earned, until the return window ends
    held_until: datetime | None  # when the first of them become available
    expiring: int  # within SOON
    expires_at: datetime | None  # when the first of them do
    latest: PointsEntry | None


def balance(session: Session, customer_id: int) -> int:
    """The whole points that can be spent now. The caller has the right to know."""
    usable = PointsEntry.customer_id == customer_id, PointsEntry.available_at <= now()
    total = select(func.coalesce(func.sum(PointsEntry.delta), 0)).where(*usable)
    return int(session.exec(total).one())


def standing(session: Session, actor: Actor, customer_id: int) -> Standing:
    """What is available, on hold and about to expire.

    Raises:
        Forbidden: the actor may not see this customer's points.
        CustomerNotFound: there is no such customer.
    """
    customers.get(session, actor, Permission.POINTS_READ, customer_id)
    entries = _entries(session, customer_id)
    held = [e for e in entries if e.available_at > now()]
    expiring = [lot for lot in lots(entries) if lot.expires_at and lot.expires_at <= now() + SOON]
    return Standing(
        available=balance(session, customer_id),
        held=sum(e.delta for e in held),
        held_until=min((e.available_at for e in held), default=None),
        expiring=sum(lot.left for lot in expiring),
        expires_at=min((lot.expires_at for lot in expiring if lot.expires_at), default=None),
        latest=entries[-1] if entries else None,
    )


def history(
    session: Session, actor: Actor, customer_id: int, *, limit: int = 5
) -> Sequence[PointsEntry]:
    """The latest movements, newest first.

    Raises:
        Forbidden: the actor may not see this customer's points.
        CustomerNotFound: there is no such customer.
    """
    customers.get(session, actor, Permission.POINTS_READ, customer_id)
    return _entries(session, customer_id)[::-1][:limit]


@dataclass(frozen=True)
class Lot:
    """Points to be given: how many, why, and in which time they can be spent."""

    points: int
    cause: Cause
    note: str = ""
    available_at: datetime | None = None  # none: at once
    expires_at: datetime | None = None  # none: never
    at: datetime | None = None  # none: now


def earn(session: Session, actor: Actor, customer_id: int, lot: Lot, *, ref: str) -> PointsEntry:
    """Give a customer points. Safe to repeat: a repeated `ref` returns the first entry.

    Raises:
        Forbidden: the actor may not give points.
        CustomerNotFound: there is no such customer.
        ValueError: `lot.points` is not above zero.
    """
    if lot.points <= 0:
        raise ValueError(lot.points)
    customers.lock(session, actor, Permission.POINTS_EARN, customer_id)
    if earlier := _entry_for(session, customer_id, ref):
        return earlier
    at = lot.at or now()
    entry = PointsEntry(
        customer_id=customer_id,
        delta=lot.points,
        cause=lot.cause,
        note=lot.note,
        ref=ref,
        created_at=at,
        available_at=lot.available_at or at,
        expires_at=lot.expires_at,
    )
    return _add(session, actor, entry)


def spend(
    session: Session, actor: Actor, customer_id: int, points: int, *, note: str, ref: str
) -> PointsEntry:
    """Take `points` (whole, above zero) off a customer's available balance.

    Safe to repeat: a repeated `ref` returns the first entry.

    Raises:
        Forbidden: the actor may not spend this customer's points.
        CustomerNotFound: there is no such customer.
        InsufficientPoints: fewer are available.
        ValueError: `points` is not above zero; edges validate first.
    """
    if points <= 0:
        raise ValueError(points)
    customers.lock(session, actor, Permission.POINTS_SPEND, customer_id)
    if earlier := _entry_for(session, customer_id, ref):
        return earlier
    available = balance(session, customer_id)
    if available < points:
        raise InsufficientPoints(customer_id, available=available, wanted=points)
    return _add(
        session,
        actor,
        PointsEntry(customer_id=customer_id, delta=-points, cause=Cause.REWARD, note=note, ref=ref),
    )


def reverse(
    session: Session, actor: Actor, customer_id: int, *, earned_by: str, note: str, ref: str
) -> PointsEntry | None:
    """Take back the points that the ref `earned_by` gave; None if it gave none that still count.

    What has been spent already leaves the balance negative; what has expired is not taken again.
    Points on hold are taken back on the day they would have been free. Safe to repeat: a repeated
    `ref` returns the first entry.

    Raises:
        Forbidden: the actor may not.
        CustomerNotFound: there is no such customer.
    """
    customers.lock(session, actor, Permission.POINTS_EARN, customer_id)
    if earlier := _entry_for(session, customer_id, ref):
        return earlier
    lot = _entry_for(session, customer_id, earned_by)
    left = 0 if lot is None else lot.delta + _written_off(session, lot)
    if lot is None or left == 0:
        return None
    entry = PointsEntry(
        customer_id=customer_id,
        delta=-left,
        cause=Cause.REVERSAL,
        note=note,
        ref=ref,
        lot_id=lot.id,
        available_at=max(now(), lot.available_at),
    )
    return _add(session, actor, entry)


def expire(session: Session, actor: Actor, customer_id: int) -> int:
    """Write off what has expired; returns how many points. Repeating writes off nothing more.

    Raises:
        Forbidden: the actor may not.
        CustomerNotFound: there is no such customer.
    """
    customers.lock(session, actor, Permission.POINTS_EARN, customer_id)
    gone = [
        lot
        for lot in lots(_entries(session, customer_id))
        if lot.expires_at and lot.expires_at <= now()
    ]
    for lot in gone:
        entry = PointsEntry(
            customer_id=customer_id,
            delta=-lot.left,
            cause=Cause.EXPIRY,
            note=lot.entry.note,
            ref=f"expiry:{lot.entry.id}",
            lot_id=lot.entry.id,
        )
        _add(session, actor, entry)
    return sum(lot.left for lot in gone)


def with_expired_lots(session: Session) -> Sequence[int]:
    """Customers who have a lot that expired and was not written off yet."""
    written_off = select(PointsEntry.lot_id).where(col(PointsEntry.lot_id).is_not(None))
    wanted = select(PointsEntry.customer_id).where(
        col(PointsEntry.expires_at) <= now(), col(PointsEntry.id).not_in(written_off)
    )
    return sorted(set(session.exec(wanted)))


def _add(session: Session, actor: Actor, entry: PointsEntry) -> PointsEntry:
    session.add(entry)
    session.flush()
    timeline.add(
        session, entry.customer_id, EventKind.POINTS, ref=entry.ref, at=entry.created_at,
        delta=entry.delta,
    )  # fmt: skip
    audit.record(
        session, actor, f"points:{entry.cause.value}", f"customer:{entry.customer_id}",
        delta=entry.delta,
    )  # fmt: skip
    return entry


def _entries(session: Session, customer_id: int) -> list[PointsEntry]:
    of_them = select(PointsEntry).where(PointsEntry.customer_id == customer_id)
    return sorted(session.exec(of_them), key=lambda e: (e.created_at, e.id))


def _written_off(session: Session, lot: PointsEntry) -> int:
    expiries = PointsEntry.lot_id == lot.id, PointsEntry.cause == Cause.EXPIRY
    return sum(session.exec(select(PointsEntry.delta).where(*expiries)))


def _entry_for(session: Session, customer_id: int, ref: str) -> PointsEntry | None:
    same = PointsEntry.customer_id == customer_id, PointsEntry.ref == ref
    return session.exec(select(PointsEntry).where(*same)).one_or_none()
