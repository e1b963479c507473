"""Adding entries to the ledger, and bringing it up to the moment before one is added."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlmodel import Session, col, select

from crm_core.audit import service as audit
from crm_core.authz import Actor
from crm_core.clock import now
from crm_core.errors import CrmError
from crm_core.points import ledger
from crm_core.points.ledger import OpenLot
from crm_core.points.models import Cause, PointsEntry
from crm_core.timeline import service as timeline
from crm_core.timeline.models import EventKind
from crm_core.webhooks import service as webhooks
from crm_core.webhooks.service import Event


class PointsConflict(CrmError):
    """The reference moved another number of points before."""

    code = "points_conflict"


@dataclass(frozen=True)
class Purse:
    """What a locked customer can spend."""

    usable: list[OpenLot]  # those that expire soonest first
    available: int  # below zero: owed
    written_off: int  # just now, because it had expired


def settle(session: Session, actor: Actor, customer_id: int) -> Purse:
    """Pay debts with what has become available, then write off what has expired."""
    session.flush()
    lots, owing = ledger.open_lots(session, customer_id), ledger.debts(session, customer_id)
    ledger.pay_debts(session, lots, owing)
    gone = _write_off(session, actor, lots)
    at = now()
    usable = [lot for lot in lots if lot.left and lot.usable(at)]
    return Purse(usable, ledger.available(lots, owing), gone)


def pay_debts(session: Session, customer_id: int) -> None:
    """Work off what is owed, after points came in."""
    session.flush()
    if owing := ledger.debts(session, customer_id):
        ledger.pay_debts(session, ledger.open_lots(session, customer_id), owing)


def add(session: Session, actor: Actor, entry: PointsEntry) -> None:
    """Write the entry, and that it happened."""
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
    told = {"customer_id": entry.customer_id, "delta": entry.delta, "cause": entry.cause.value}
    webhooks.emit(session, Event.POINTS_CHANGED, told, ref=f"points:{entry.id}")


def latest(session: Session, customer_id: int, limit: int) -> Sequence[PointsEntry]:
    """The newest movements, newest first."""
    of_them = select(PointsEntry).where(PointsEntry.customer_id == customer_id)
    newest = of_them.order_by(col(PointsEntry.created_at).desc(), col(PointsEntry.id).desc())
    return session.exec(newest.limit(limit)).all()


def caused_by(
    session: Session, customer_id: int, ref: str, delta: int | None = None
) -> PointsEntry | None:
    """The movement that `ref` caused.

    Raises:
        PointsConflict: it moved another number of points than `delta`.
    """
    same = PointsEntry.customer_id == customer_id, PointsEntry.ref == ref
    found = session.exec(select(PointsEntry).where(*same)).one_or_none()
    if found and delta is not None and found.delta != delta:
        raise PointsConflict(ref, ref=ref)
    return found


@dataclass(frozen=True)
class Moved:
    """Points that a cause gave or took, and how many of them were taken or given back since."""

    points: int
    undone: int


def moved_by(session: Session, customer_id: int, ref: str) -> Moved:
    """What `ref` moved, either way; nothing if it moved none."""
    entry = caused_by(session, customer_id, ref)
    if entry is None:
        return Moved(0, 0)
    if entry.delta < 0:
        return Moved(-entry.delta, ledger.undone(session, entry))
    return Moved(entry.delta, ledger.reversed_of(session, entry))


def _write_off(session: Session, actor: Actor, lots: Sequence[OpenLot]) -> int:
    at = now()
    gone = [lot for lot in lots if lot.left and lot.expired(at)]
    written_off = sum(lot.left for lot in gone)
    for lot in gone:
        before = ledger.written_off(session, lot.entry)  # restored points expire once more
        entry = PointsEntry(
            customer_id=lot.entry.customer_id,
            delta=-lot.left,
            cause=Cause.EXPIRY,
            note=lot.entry.note,
            ref=f"expiry:{lot.entry.id}" + (f":{before}" if before else ""),
            lot_id=lot.entry.id,
        )
        add(session, actor, entry)
        ledger.take(session, entry, [lot], lot.left)
    return written_off
