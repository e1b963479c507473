"""Earning, spending and explaining points."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlmodel import Session, col, select

from crm_core.authz import Actor, Permission
from crm_core.clock import now
from crm_core.customers import service as customers
from crm_core.errors import CrmError, Kind
from crm_core.points import entries, explaining, ledger, restoring
from crm_core.points.ledger import OpenLot
from crm_core.points.models import GIVING, TAKING, Cause, PointsEntry

SOON = timedelta(days=30)  # what expires within it is mentioned


class InsufficientPoints(CrmError):
    code = "insufficient_points"


class EntryNotFound(CrmError):
    code = "points_entry_not_found"
    kind = Kind.NOT_FOUND


@dataclass(frozen=True)
class Standing:
    """How a customer's points stand, and why."""

    available: int  # below zero: owed, and worked off with what is earned next
    held: int  # earned, until the return window ends
    held_until: datetime | None  # when the first of them become available
    expiring: int  # within SOON
    expires_at: datetime | None  # when the first of them do
    latest: PointsEntry | None


def balance(session: Session, customer_id: int) -> int:
    """The whole points that can be spent now, below zero if owed. The caller may know."""
    lots = ledger.open_lots(session, customer_id)
    return ledger.available(lots, ledger.debts(session, customer_id))


def standing(session: Session, actor: Actor, customer_id: int) -> Standing:
    """What is available, on hold and about to expire.

    Raises:
        Forbidden: the actor may not see this customer's points.
        CustomerNotFound: there is no such customer.
    """
    customers.get(session, actor, Permission.POINTS_READ, customer_id)
    lots, at = ledger.open_lots(session, customer_id), now()
    held = [lot for lot in lots if lot.entry.available_at > at]
    usable = [lot for lot in lots if lot.usable(at)]
    expiring = [lot for lot in usable if lot.expired(at + SOON)]
    return Standing(
        available=ledger.available(lots, ledger.debts(session, customer_id)),
        held=sum(lot.left for lot in held),
        held_until=min((lot.entry.available_at for lot in held), default=None),
        expiring=sum(lot.left for lot in expiring),
        expires_at=min((e for lot in expiring if (e := lot.entry.expires_at)), default=None),
        latest=next(iter(entries.latest(session, customer_id, 1)), None),
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
    return entries.latest(session, customer_id, limit)


def explain(session: Session, actor: Actor, entry_id: int) -> str:
    """One movement in one Chinese sentence: what moved how many points, why, and since when.

    Raises:
        Forbidden: the actor may not see this customer's points.
        EntryNotFound: there is no such movement.
    """
    actor.require(Permission.POINTS_READ)
    if (entry := session.get(PointsEntry, entry_id)) is None:
        raise EntryNotFound(entry_id)
    customers.get(session, actor, Permission.POINTS_READ, entry.customer_id)
    return explaining.sentence(session, entry)


@dataclass(frozen=True)
class Lot:
    """Points to be given: how many, why, and in which time they can be spent."""

    points: int
    cause: Cause
    note: str = ""
    available_at: datetime | None = None  # none: at once
    expires_at: datetime | None = None  # none: never
    at: datetime | None = None  # none: now
    detail: Mapping[str, object] = field(default_factory=dict)  # which rules gave how many


def earn(session: Session, actor: Actor, customer_id: int, lot: Lot, *, ref: str) -> PointsEntry:
    """Give a customer points; what they owe is worked off first.

    Safe to repeat: a repeated `ref` returns the first entry.

    Raises:
        Forbidden: the actor may not give points.
        CustomerNotFound: there is no such customer.
        PointsConflict: the `ref` moved another number of points.
        ValueError: `lot.points` is not above zero, or the cause takes points.
    """
    if lot.points <= 0 or lot.cause not in GIVING:
        raise ValueError(lot.points, lot.cause)
    customers.lock(session, actor, Permission.POINTS_EARN, customer_id)
    if earlier := entries.caused_by(session, customer_id, ref, lot.points):
        return earlier
    at = lot.at or now()
    entry = PointsEntry(
        customer_id=customer_id,
        delta=lot.points,
        cause=lot.cause,
        note=lot.note,
        detail=dict(lot.detail),
        ref=ref,
        created_at=at,
        available_at=lot.available_at or at,
        expires_at=lot.expires_at,
    )
    entries.add(session, actor, entry)
    entries.pay_debts(session, customer_id)
    return entry


def spend(
    session: Session,
    actor: Actor,
    customer_id: int,
    points: int,
    *,
    note: str,
    ref: str,
    cause: Cause = Cause.REWARD,
) -> PointsEntry:
    """Take `points` (whole, above zero) off a customer's available balance, the lots that expire
    soonest first.

    Safe to repeat: a repeated `ref` returns the first entry.

    Raises:
        Forbidden: the actor may not spend this customer's points.
        CustomerNotFound: there is no such customer.
        InsufficientPoints: fewer are available.
        PointsConflict: the `ref` moved another number of points.
        ValueError: `points` is not above zero; edges validate first.
    """
    if points <= 0 or cause not in TAKING:
        raise ValueError(points, cause)
    customers.lock(session, actor, Permission.POINTS_SPEND, customer_id)
    if earlier := entries.caused_by(session, customer_id, ref, -points):
        return earlier
    purse = entries.settle(session, actor, customer_id)
    if purse.available < points:
        raise InsufficientPoints(customer_id, available=purse.available, wanted=points)
    entry = PointsEntry(customer_id=customer_id, delta=-points, cause=cause, note=note, ref=ref)
    entries.add(session, actor, entry)
    ledger.take(session, entry, purse.usable, points)
    return entry


def reverse(
    session: Session,
    actor: Actor,
    customer_id: int,
    *,
    earned_by: str,
    note: str,
    ref: str,
    points: int | None = None,
) -> PointsEntry | None:
    """Take back the points that the ref `earned_by` gave, or `points` of them; None if it gave
    none that still count.

    What has been spent already is taken from other lots, and then leaves the balance negative;
    what has expired is not taken again. Points on hold are taken back on the day they would have
    been free. Safe to repeat: a repeated `ref` returns the first entry.

    Raises:
        Forbidden: the actor may not.
        CustomerNotFound: there is no such customer.
    """
    customers.lock(session, actor, Permission.POINTS_EARN, customer_id)
    if earlier := entries.caused_by(session, customer_id, ref):
        return earlier
    purse = entries.settle(session, actor, customer_id)
    lot = entries.caused_by(session, customer_id, earned_by)
    left = 0 if lot is None else lot.delta - ledger.written_off(session, lot)
    taken_back = left if points is None else min(left, points)
    if lot is None or taken_back <= 0:
        return None
    entry = PointsEntry(
        customer_id=customer_id,
        delta=-taken_back,
        cause=Cause.REVERSAL,
        note=note,
        ref=ref,
        lot_id=lot.id,
        available_at=max(now(), lot.available_at),
    )
    entries.add(session, actor, entry)
    ledger.take(session, entry, _own_first(session, lot, purse.usable), taken_back)
    return entry


def restore(
    session: Session,
    actor: Actor,
    customer_id: int,
    *,
    spent_by: str,
    note: str,
    ref: str,
    points: int | None = None,
) -> PointsEntry | None:
    """Give the points that the ref `spent_by` took, or `points` of them, back to their lots; None
    if all are back already.

    They keep the expiry of their lots; those that live longest come back first. What another
    record carries since two were parted goes back there. Safe to repeat: a repeated `ref` returns
    the first entry.

    Raises:
        Forbidden: the actor may not.
        CustomerNotFound: there is no such customer.
    """
    customers.lock(session, actor, Permission.POINTS_EARN, customer_id)
    if earlier := entries.caused_by(session, customer_id, ref):
        return earlier
    entries.settle(session, actor, customer_id)
    if (spent := entries.caused_by(session, customer_id, spent_by)) is None:
        return None
    return restoring.restore(session, actor, spent, note=note, ref=ref, points=points)


def expire(session: Session, actor: Actor, customer_id: int) -> int:
    """Write off what has expired; returns how many points. Repeating writes off nothing more.

    Raises:
        Forbidden: the actor may not.
        CustomerNotFound: there is no such customer.
    """
    customers.lock(session, actor, Permission.POINTS_EARN, customer_id)
    return entries.settle(session, actor, customer_id).written_off


def with_expired_lots(session: Session, since: datetime | None = None) -> Sequence[int]:
    """Customers who have a lot that expired (after `since`) and was not written off yet."""
    wanted = select(PointsEntry.customer_id).where(
        col(PointsEntry.expires_at) <= now(),
        col(PointsEntry.cause).in_(GIVING),
        ledger.lot_left() > 0,
    )
    if since is not None:
        wanted = wanted.where(col(PointsEntry.expires_at) > since)
    return sorted(set(session.exec(wanted)))


def _own_first(session: Session, lot: PointsEntry, usable: Sequence[OpenLot]) -> list[OpenLot]:
    """The lot that is taken back, on hold or not, before the others that can be spent."""
    own = [each for each in ledger.open_lots(session, lot.customer_id) if each.entry.id == lot.id]
    return [*own, *(each for each in usable if each.entry.id != lot.id)]
