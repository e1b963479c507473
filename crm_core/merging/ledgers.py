"""Parting a points ledger: lots go back with what earned them, spends follow the lots."""

import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from sqlmodel import Session, col, select

from crm_core.inbound.models import Inbound
from crm_core.merging.following import by_message, send
from crm_core.merging.graph import references
from crm_core.orders.models import Order
from crm_core.points.models import GIVING, Cause, PointsEntry, PointsTake

_BY_ORDER = re.compile(r"order:(.+)")
_OF_A_LOT = (Cause.EXPIRY, Cause.REVERSAL)


def part(session: Session, merge_id: int, source_id: int, target_id: int) -> None:
    """Give each record the points that are its own, without making or losing one.

    The lots that were moved are the source's again already; later ones follow the message or the
    order that earned them. What was undone or expired goes with its lot. What was spent of the
    other record's lots is carried by that record: an entry gives it back here and another takes it
    there. What a reversal took from the other record's lots is owed again, so that a shortfall
    stands below zero where it arose.
    """
    while _follow(session, _Ledgers(session, source_id, target_id)):
        pass
    ledgers = _Ledgers(session, source_id, target_id)
    _give_back(session, ledgers)
    _share(session, merge_id, ledgers)
    session.flush()


@dataclass
class _Ledgers:
    """The entries of both records, and what each took from which lot."""

    session: Session
    source_id: int
    target_id: int

    @cached_property
    def entries(self) -> dict[int, PointsEntry]:
        self.session.flush()
        both = col(PointsEntry.customer_id).in_((self.source_id, self.target_id))
        wanted = select(PointsEntry).where(both).order_by(col(PointsEntry.id))
        return {entry.id: entry for entry in self.session.exec(wanted)}

    @cached_property
    def takes(self) -> dict[int, dict[int, int]]:
        """By entry, then by lot: how many points."""
        found: dict[int, dict[int, int]] = defaultdict(lambda: defaultdict(int))
        both = col(PointsEntry.customer_id).in_((self.source_id, self.target_id))
        wanted = select(PointsTake).join(
            PointsEntry, col(PointsEntry.id) == col(PointsTake.entry_id)
        )
        for take in self.session.exec(wanted.where(both)):
            found[take.entry_id][take.lot_id] += take.points
        return found

    def foreign(self, entry: PointsEntry) -> dict[int, int]:
        """What an entry took from lots of the other record."""
        taken = self.takes.get(entry.id, {})
        return {
            lot: points
            for lot, points in taken.items()
            if points and self.entries[lot].customer_id != entry.customer_id
        }

    def other(self, customer_id: int) -> int:
        return self.source_id if customer_id == self.target_id else self.target_id


def _follow(session: Session, ledgers: _Ledgers) -> bool:
    """Send later entries that are wholly the source's; whether there were any."""
    going = [
        entry.id
        for entry in ledgers.entries.values()
        if entry.customer_id == ledgers.target_id and _is_sources(ledgers, entry)
    ]
    column = next(one for one in references("customer") if one.table.name == "points_entry")
    sent = send(session.connection(), column, going, ledgers.target_id, ledgers.source_id)
    session.expire_all()
    return bool(sent)


def _is_sources(ledgers: _Ledgers, entry: PointsEntry) -> bool:
    if entry.cause in GIVING:
        return _caused_by(ledgers.session, entry.ref) == ledgers.source_id
    named = entry.lot_id if entry.cause in _OF_A_LOT else entry.undoes_id
    if named is not None and entry.cause is not Cause.PARTED:
        return ledgers.entries[named].customer_id == ledgers.source_id
    taken = {lot for lot, points in ledgers.takes.get(entry.id, {}).items() if points}
    return bool(taken) and taken == ledgers.foreign(entry).keys()


def _caused_by(session: Session, ref: str) -> int | None:
    """Whose message or order caused it."""
    if (message := by_message(ref)) is not None:
        return session.exec(select(Inbound.customer_id).where(Inbound.id == message)).first()
    if named := _BY_ORDER.match(ref):
        of_it = select(Order.customer_id).where(Order.order_no == named[1])
        return session.exec(of_it).first()
    return None


def _give_back(session: Session, ledgers: _Ledgers) -> None:
    """What is taken back from a lot is taken from its own record, and owed if that has none."""
    for entry in ledgers.entries.values():
        if entry.cause in _OF_A_LOT:
            for lot, points in ledgers.foreign(entry).items():
                session.add(PointsTake(entry_id=entry.id, lot_id=lot, points=-points))


def _share(session: Session, merge_id: int, ledgers: _Ledgers) -> None:
    """Let each record carry what was spent of its lots."""
    for root, foreign in _spent(ledgers):
        taken = {lot: points for lot, points in foreign.items() if points > 0}
        given = {lot: points for lot, points in foreign.items() if points < 0}
        for which, lots in (("", taken), (":back", given)):
            if lots:
                _carry(session, ledgers, root, lots, f"part:{merge_id}:{root.id}{which}")


def _carry(
    session: Session, ledgers: _Ledgers, root: PointsEntry, lots: dict[int, int], ref: str
) -> None:
    points = sum(lots.values())
    here = _entry(session, root, root.customer_id, points, ref)
    there = _entry(session, root, ledgers.other(root.customer_id), -points, ref)
    for lot, number in lots.items():
        session.add(PointsTake(entry_id=here.id, lot_id=lot, points=-number))
        session.add(PointsTake(entry_id=there.id, lot_id=lot, points=number))


def _spent(ledgers: _Ledgers) -> Iterator[tuple[PointsEntry, dict[int, int]]]:
    """Each spending with all that belongs to it: what it took of the other record's lots still."""
    groups: dict[tuple[int, int], dict[int, int]] = defaultdict(lambda: defaultdict(int))
    roots: dict[tuple[int, int], PointsEntry] = {}
    for entry in ledgers.entries.values():
        if entry.cause in GIVING or entry.cause in _OF_A_LOT:
            continue
        group = entry.customer_id, entry.undoes_id or entry.id
        roots.setdefault(group, entry)
        for lot, points in ledgers.foreign(entry).items():
            groups[group][lot] += points
    for group, foreign in groups.items():
        yield roots[group], foreign


def _entry(
    session: Session, root: PointsEntry, customer_id: int, delta: int, ref: str
) -> PointsEntry:
    made = PointsEntry(
        customer_id=customer_id,
        delta=delta,
        cause=Cause.PARTED,
        note=root.note,
        undoes_id=root.undoes_id or root.id,
        ref=ref,
    )
    session.add(made)
    session.flush()
    return made
