"""Which lots the negative entries of 0001 took from, as 0001 itself reckoned it when asked."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import groupby
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection

from crm_core.tables import UtcDateTime

_entry = sa.table(
    "points_entry",
    sa.column("id", sa.BigInteger),
    sa.column("customer_id", sa.BigInteger),
    sa.column("delta", sa.Integer),
    sa.column("cause", sa.String),
    sa.column("lot_id", sa.BigInteger),
    sa.column("created_at", UtcDateTime()),
    sa.column("available_at", UtcDateTime()),
    sa.column("expires_at", UtcDateTime()),
)
_take = sa.table(
    "points_take",
    sa.column("entry_id", sa.BigInteger),
    sa.column("lot_id", sa.BigInteger),
    sa.column("points", sa.Integer),
    sa.column("at", UtcDateTime()),
)
_customer = sa.table("customer", sa.column("tier", sa.String))
_event = sa.table("timeline_event", sa.column("kind", sa.String))
_TIERS = "普通会员", "银卡", "金卡"
_EVENTS = "coupon", "redemption", "tier", "check_in"
_KNOWN = "purchase", "vote", "invite", "reward", "gift", "expiry", "reversal", "opening"
_AT_ONCE = 5000


def fill_takes(connection: Connection) -> None:
    """Write the takes of every entry, one customer after another."""
    last = connection.execute(sa.select(sa.func.max(_entry.c.customer_id))).scalar() or 0
    for first in range(0, last + 1, _AT_ONCE):
        takes = list(_takes_of_customers(connection, first))
        if takes:
            connection.execute(sa.insert(_take), takes)


def forget(connection: Connection) -> None:
    """Name what 0001 cannot name by what comes nearest; balances stay."""
    for sign, as_ in ((_entry.c.delta > 0, "gift"), (_entry.c.delta < 0, "reward")):
        nameless = sa.update(_entry).where(sign, _entry.c.cause.not_in(_KNOWN))
        connection.execute(nameless.values(cause=as_))
    unknown = _customer.c.tier.not_in(_TIERS)
    connection.execute(sa.update(_customer).where(unknown).values(tier=_TIERS[0]))
    connection.execute(sa.delete(_event).where(_event.c.kind.in_(_EVENTS)))


def _takes_of_customers(connection: Connection, first: int) -> Iterator[dict[str, Any]]:
    within = _entry.c.customer_id.between(first, first + _AT_ONCE - 1)
    ordered = sa.select(_entry).where(within)
    ordered = ordered.order_by(_entry.c.customer_id, _entry.c.created_at, _entry.c.id)
    known = connection.execute(ordered).all()
    for _, entries in groupby(known, key=lambda entry: entry.customer_id):
        yield from takes_of(list(entries))


@dataclass
class _Lot:
    id: int
    left: int
    available_at: datetime
    expires_at: datetime | None


@dataclass
class _Ledger:
    """One customer's lots as they were, entry by entry; what no lot could give is owed."""

    lots: list[_Lot] = field(default_factory=list)
    owed: list[list[int]] = field(default_factory=list)  # [entry, points]
    takes: list[dict[str, Any]] = field(default_factory=list)

    def give(self, entry: Any) -> None:
        lot = _Lot(entry.id, entry.delta, entry.available_at, entry.expires_at)
        self.lots.append(lot)
        self.lots.sort(key=_soonest)

    def pay_back(self, at: datetime) -> None:
        for debt in self.owed:
            for lot in self.lots:
                if lot.available_at <= at:
                    debt[1] -= self._take(lot, debt[0], debt[1], at)
        self.owed = [debt for debt in self.owed if debt[1]]

    def spend(self, entry: Any) -> None:
        missing = -entry.delta
        named = [lot for lot in self.lots if lot.id == entry.lot_id]
        free = [lot for lot in self.lots if lot.available_at <= entry.created_at]
        for lot in [*named, *(each for each in free if each not in named)]:
            missing -= self._take(lot, entry.id, missing, entry.created_at)
        if missing:
            self.owed.append([entry.id, missing])

    def _take(self, lot: _Lot, entry_id: int, wanted: int, at: datetime) -> int:
        taken = min(lot.left, wanted)
        if taken:
            lot.left -= taken
            take = {"entry_id": entry_id, "lot_id": lot.id, "points": taken, "at": at}
            self.takes.append(take)
        return taken


def takes_of(entries: Sequence[Any]) -> list[dict[str, Any]]:
    """The takes of one customer's entries, which stand in the order of time."""
    ledger = _Ledger()
    for entry in entries:
        ledger.pay_back(entry.created_at)
        if entry.delta > 0:
            ledger.give(entry)
        else:
            ledger.spend(entry)
    return ledger.takes


def _soonest(lot: _Lot) -> tuple[bool, float, int]:
    return lot.expires_at is None, lot.expires_at.timestamp() if lot.expires_at else 0.0, lot.id
