"""One customer's ledger as plain rows, and what must hold of it, told without SQL."""

from collections import Counter
from dataclasses import dataclass
from datetime import datetime

from sqlmodel import col, func, select

from crm_core.db import reading
from crm_core.points.models import GIVING, Cause, PointsEntry, PointsTake


@dataclass(frozen=True)
class Row:
    delta: int
    cause: Cause
    lot_id: int | None
    undoes_id: int | None
    created_at: datetime
    available_at: datetime
    expires_at: datetime | None

    @property
    def is_lot(self) -> bool:
        return self.cause in GIVING


@dataclass(frozen=True)
class Ledger:
    entries: dict[int, Row]
    takes: tuple[tuple[int, int, int], ...]  # the spending (with what undid it), lot, points

    def left(self) -> dict[int, int]:
        """How many points of which lot nobody took."""
        taken: Counter[int] = Counter()
        for _, lot, points in self.takes:
            taken[lot] += points
        return {n: row.delta - taken[n] for n, row in self.entries.items() if row.is_lot}

    def owed(self) -> dict[int, int]:
        """How many points a spending should have taken and did not, after what undid it."""
        owed: Counter[int] = Counter()
        for key, row in self.entries.items():
            if not row.is_lot:
                owed[row.undoes_id or key] -= row.delta
        for entry, _, points in self.takes:
            owed[entry] -= points
        return owed

    def balance(self, at: datetime) -> int:
        """What can be spent: what has become available, less what has expired unspent."""
        come = sum(row.delta for row in self.entries.values() if row.available_at <= at)
        owed = sum(n for key, n in self.owed().items() if self.entries[key].available_at <= at)
        expired = sum(n for key, n in self.left().items() if self._expired(key, at))
        return come - max(0, expired - owed)

    def check(self) -> None:
        """Entries, takes and lots say the same."""
        for entry, lot, _ in self.takes:
            assert self.entries[lot].is_lot
            assert not self.entries[entry].is_lot
        left, owed = self.left(), self.owed()
        assert all(0 <= n <= self.entries[lot].delta for lot, n in left.items())
        for key, number in owed.items():
            row = self.entries[key]
            assert 0 <= number <= -row.delta
            assert number == 0 or row.cause is Cause.REVERSAL
        assert sum(r.delta for r in self.entries.values()) == sum(left.values()) - sum(
            owed.values()
        )
        for row in self.entries.values():
            if row.cause is Cause.EXPIRY:
                assert row.lot_id is not None
                ended = self.entries[row.lot_id].expires_at
                assert ended is not None
                assert ended <= row.created_at

    def moved(self) -> int:
        """What came and went, but for what expired."""
        return sum(r.delta for r in self.entries.values() if r.cause is not Cause.EXPIRY)

    def _expired(self, lot: int, at: datetime) -> bool:
        ends = self.entries[lot].expires_at
        return ends is not None and ends <= at


def read(customer_id: int) -> Ledger:
    """The ledger as it is committed; a take across two records would be missing here."""
    with reading() as session:
        theirs = select(PointsEntry).where(PointsEntry.customer_id == customer_id)
        entries = {
            e.id: Row(
                e.delta, e.cause, e.lot_id, e.undoes_id, e.created_at, e.available_at, e.expires_at
            )
            for e in session.exec(theirs)
        }
        ours = col(PointsTake.entry_id).in_(entries) | col(PointsTake.lot_id).in_(entries)
        spending = func.coalesce(PointsEntry.undoes_id, PointsEntry.id)
        takes = select(spending, PointsTake.lot_id, PointsTake.points).where(ours)
        takes = takes.join(PointsEntry, col(PointsEntry.id) == col(PointsTake.entry_id))
        net: Counter[tuple[int, int]] = Counter()
        for entry, lot, points in session.exec(takes):
            net[entry, lot] += points
    found = sorted((entry, lot, points) for (entry, lot), points in net.items() if points)
    return Ledger(entries, tuple(found))
