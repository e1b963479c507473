"""Which points are left of which lot: spends take the lot that expires soonest."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from crm_core.points.models import PointsEntry


@dataclass
class Lot:
    """Points earned at once, and how many of them are left."""

    entry: PointsEntry
    left: int

    @property
    def expires_at(self) -> datetime | None:
        return self.entry.expires_at


def lots(entries: Iterable[PointsEntry]) -> list[Lot]:
    """The lots with points left, soonest expiry first.

    An expiry or a reversal names its lot and takes from that one first; every other negative
    entry takes from the lots that could be spent at its moment, soonest expiry first. What a
    reversal finds spent already is owed, and taken from what is earned next.
    """
    known: list[Lot] = []
    owed = 0
    for entry in sorted(entries, key=lambda e: (e.created_at, e.id)):
        if entry.delta > 0:
            paid_back = min(owed, entry.delta)
            owed -= paid_back
            known.append(Lot(entry, entry.delta - paid_back))
            known.sort(key=_soonest)
        else:
            owed += _take(known, entry)
    return [lot for lot in known if lot.left]


def _take(known: list[Lot], entry: PointsEntry) -> int:
    """Take an entry's points from the lots; returns how many were nowhere to be found."""
    missing = -entry.delta
    for lot in _candidates(known, entry):
        taken = min(lot.left, missing)
        lot.left -= taken
        missing -= taken
    return missing


def _candidates(known: list[Lot], entry: PointsEntry) -> list[Lot]:
    named = [lot for lot in known if lot.entry.id == entry.lot_id]
    others = [lot for lot in known if lot.entry.id != entry.lot_id]
    return named + [lot for lot in others if lot.entry.available_at <= entry.created_at]


def _soonest(lot: Lot) -> tuple[bool, float, int]:
    expires = lot.entry.expires_at
    return expires is None, expires.timestamp() if expires else 0.0, lot.entry.id
