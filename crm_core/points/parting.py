"""Parting a ledger in two, when one record turns out to be two persons' after all."""

from collections.abc import Collection
from dataclasses import dataclass

from sqlmodel import Session, col, func, select, update

from crm_core.authz import Actor, Permission
from crm_core.clock import now
from crm_core.points import entries
from crm_core.points.models import Cause, PointsEntry, PointsTake


def part(
    session: Session, actor: Actor, from_id: int, to_id: int, moving: Collection[int], *, ref: str
) -> None:
    """Give the entries with the ids `moving` from one customer to another, with all that follows.

    What expired or was taken back of a lot goes with it. A later spending follows the record that
    earned the lots it took from: a pair of entries moves that part of it. A reversal takes from
    its own record only; what is missing there is owed. The caller has locked both customers.

    Raises:
        Forbidden: the actor may not.
    """
    actor.require(Permission.CUSTOMER_WRITE)
    session.flush()
    _give(session, from_id, to_id, moving)
    _follow_lots(session, {from_id, to_id})
    for crossing in _crossings(session, {from_id, to_id}):
        if crossing.spent.cause is Cause.REVERSAL:
            _let_go(session, crossing)
        else:
            _split(session, actor, crossing, ref)
    for customer_id in (from_id, to_id):
        entries.pay_debts(session, customer_id)


@dataclass(frozen=True)
class _Crossing:
    """Points that an entry of one record took from a lot of the other."""

    spent: PointsEntry
    lot: PointsEntry
    points: int


def _give(session: Session, from_id: int, to_id: int, moving: Collection[int]) -> None:
    theirs = col(PointsEntry.id).in_(moving) & (col(PointsEntry.customer_id) == from_id)
    session.exec(update(PointsEntry).where(theirs).values(customer_id=to_id))
    session.expire_all()


def _follow_lots(session: Session, between: set[int]) -> None:
    """What wrote off a part of a lot belongs to whoever the lot is of."""
    for entry in _of(session, between):
        if entry.lot_id is not None:
            lot = session.get_one(PointsEntry, entry.lot_id)
            entry.customer_id = lot.customer_id
    session.flush()


def _crossings(session: Session, between: set[int]) -> list[_Crossing]:
    """What is still taken across the records; what was given back of it does not count."""
    known = {entry.id: entry for entry in _of(session, between)}
    number = func.sum(PointsTake.points)
    spending = func.coalesce(PointsEntry.undoes_id, PointsEntry.id)
    takes = (
        select(spending, PointsTake.lot_id, number)
        .join(PointsEntry, col(PointsEntry.id) == col(PointsTake.entry_id))
        .where(col(PointsEntry.customer_id).in_(between))
        .group_by(spending, col(PointsTake.lot_id))
        .order_by(spending, col(PointsTake.lot_id))
    )
    held = [(s, lot, int(n)) for s, lot, n in session.exec(takes) if n]
    found = [_Crossing(known[s], known[lot], n) for s, lot, n in held]
    return [each for each in found if _crosses(each)]


def _crosses(crossing: _Crossing) -> bool:
    return crossing.spent.customer_id != crossing.lot.customer_id


def _let_go(session: Session, crossing: _Crossing) -> None:
    session.add(
        PointsTake(
            entry_id=crossing.spent.id, lot_id=crossing.lot.id, points=-crossing.points
        )
    )  # fmt: skip


def _split(session: Session, actor: Actor, crossing: _Crossing, ref: str) -> None:
    """Move a part of a spending: given back on one record, taken on the other."""
    spent, lot, points = crossing.spent, crossing.lot, crossing.points
    for customer_id, delta, undoes in (
        (spent.customer_id, points, spent.id),
        (lot.customer_id, -points, None),
    ):
        entry = PointsEntry(
            customer_id=customer_id,
            delta=delta,
            cause=Cause.PARTED,
            note=spent.note,
            lot_id=lot.id if undoes is None else None,
            undoes_id=undoes,
            ref=f"part:{ref}:{spent.id}:{lot.id}"[:128],
            available_at=now(),
        )
        entries.add(session, actor, entry)
        session.add(PointsTake(entry_id=entry.id, lot_id=lot.id, points=-delta))
    session.flush()


def _of(session: Session, between: set[int]) -> list[PointsEntry]:
    of_them = select(PointsEntry).where(col(PointsEntry.customer_id).in_(between))
    return list(session.exec(of_them.order_by(col(PointsEntry.id))))
