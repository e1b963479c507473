"""What is left of which lot, who owes what, and the takes that say so."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement
from sqlmodel import Session, col, func, select

from crm_core.clock import now
from crm_core.points.models import GIVING, Cause, PointsEntry, PointsTake


@dataclass
class OpenLot:
    """Points earned at once, and how many of them are left."""

    entry: PointsEntry
    left: int

    def usable(self, at: datetime) -> bool:
        return self.entry.available_at <= at and not self.expired(at)

    def expired(self, at: datetime) -> bool:
        return self.entry.expires_at is not None and self.entry.expires_at <= at


@dataclass
class Debt:
    """Points that an entry should have taken and that no lot could give."""

    entry: PointsEntry
    owed: int


def open_lots(session: Session, customer_id: int) -> list[OpenLot]:
    """The lots with points left, those that expire soonest first."""
    left = lot_left()
    wanted = select(PointsEntry, left).where(
        PointsEntry.customer_id == customer_id, col(PointsEntry.cause).in_(GIVING), left > 0
    )
    lots = [OpenLot(entry, int(number)) for entry, number in session.exec(wanted)]
    return sorted(lots, key=soonest)


def debts(session: Session, customer_id: int) -> list[Debt]:
    """What is owed by now, oldest first. Only a reversal can owe, and what parted records leave."""
    taken = select(func.coalesce(func.sum(PointsTake.points), 0)).where(
        PointsTake.entry_id == PointsEntry.id
    )
    owed = -col(PointsEntry.delta) - taken.scalar_subquery()
    wanted = (
        select(PointsEntry, owed)
        .where(PointsEntry.customer_id == customer_id, PointsEntry.delta < 0, owed > 0)
        .where(PointsEntry.available_at <= now())
        .order_by(col(PointsEntry.created_at), col(PointsEntry.id))
    )
    return [Debt(entry, int(number)) for entry, number in session.exec(wanted)]


def lot_left() -> ColumnElement[int]:
    """In a query of entries: how many points of the lot nobody took."""
    taken = select(func.coalesce(func.sum(PointsTake.points), 0)).where(
        PointsTake.lot_id == PointsEntry.id
    )
    return col(PointsEntry.delta) - taken.scalar_subquery()


def available(lots: Sequence[OpenLot], owing: Sequence[Debt]) -> int:
    """What can be spent now: below zero what is owed.

    A lot that has expired and not been written off yet pays debts all the same: it was there
    when they were.
    """
    at = now()
    owed = sum(debt.owed for debt in owing)
    gone = sum(lot.left for lot in lots if lot.expired(at))
    return sum(lot.left for lot in lots if lot.usable(at)) - max(0, owed - gone)


def pay_debts(session: Session, lots: Sequence[OpenLot], owing: Sequence[Debt]) -> None:
    """Work off what is owed with what has become available since."""
    at = now()
    free = [lot for lot in lots if lot.entry.available_at <= at]
    for debt in owing:
        debt.owed -= take(session, debt.entry, free, debt.owed)


def take(session: Session, entry: PointsEntry, lots: Iterable[OpenLot], points: int) -> int:
    """Let an entry take up to `points` from these lots, in this order; returns how many it got."""
    missing = points
    for lot in lots:
        taken = min(lot.left, missing)
        if taken:
            lot.left -= taken
            missing -= taken
            session.add(PointsTake(entry_id=entry.id, lot_id=lot.entry.id, points=taken))
    return points - missing


def give_back(session: Session, entry: PointsEntry, spent: PointsEntry) -> None:
    """Let `entry` give the points that `spent` took back to their lots, the longest-lived first."""
    missing = entry.delta
    for lot, taken in sorted(_taken_by(session, spent), key=_longest):
        back = min(taken, missing)
        if back > 0:
            missing -= back
            session.add(PointsTake(entry_id=entry.id, lot_id=lot.id, points=-back))


def undone(session: Session, spent: PointsEntry) -> int:
    """How many points of a spending were given back already."""
    back = select(func.coalesce(func.sum(PointsEntry.delta), 0))
    return int(session.exec(back.where(PointsEntry.undoes_id == spent.id)).one())


def written_off(session: Session, lot: PointsEntry) -> int:
    """How many points of a lot expired or were reversed."""
    return _gone(session, lot, Cause.EXPIRY, Cause.REVERSAL)


def reversed_of(session: Session, lot: PointsEntry) -> int:
    """How many points of a lot were taken back."""
    return _gone(session, lot, Cause.REVERSAL)


def soonest(lot: OpenLot) -> tuple[bool, float, int]:
    """The order in which lots are spent."""
    return _ends(lot.entry)


def _gone(session: Session, lot: PointsEntry, *causes: Cause) -> int:
    of_it = PointsEntry.lot_id == lot.id, col(PointsEntry.cause).in_(causes)
    delta = select(func.coalesce(func.sum(PointsEntry.delta), 0))
    return -int(session.exec(delta.where(*of_it)).one())


def _taken_by(session: Session, spent: PointsEntry) -> list[tuple[PointsEntry, int]]:
    """What a spending holds of which lot, after what was given back."""
    of_it = (PointsEntry.id == spent.id) | (PointsEntry.undoes_id == spent.id)
    number = func.sum(PointsTake.points)
    takes = (
        select(PointsTake.lot_id, number)
        .join(PointsEntry, col(PointsEntry.id) == col(PointsTake.entry_id))
        .where(of_it)
        .group_by(col(PointsTake.lot_id))
    )
    held = {lot_id: int(points) for lot_id, points in session.exec(takes)}
    lots = session.exec(select(PointsEntry).where(col(PointsEntry.id).in_(held)))
    return [(lot, held[lot.id]) for lot in lots]


def _longest(held: tuple[PointsEntry, int]) -> tuple[bool, float, int]:
    forever, ends, lot_id = _ends(held[0])
    return not forever, -ends, -lot_id


def _ends(lot: PointsEntry) -> tuple[bool, float, int]:
    ends = lot.expires_at
    return ends is None, ends.timestamp() if ends else 0.0, lot.id
