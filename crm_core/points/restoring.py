"""Giving spent points back to their lots, also those that another record carries by now."""

from collections.abc import Sequence

from sqlmodel import Session, col, or_, select

from crm_core.authz import Actor
from crm_core.customers.models import Customer
from crm_core.points import entries, ledger
from crm_core.points.models import Cause, PointsEntry

_RENAMED = ":customer:"  # what a merge adds to a ref that the other record had too


def restore(
    session: Session,
    actor: Actor,
    spent: PointsEntry,
    *,
    note: str,
    ref: str,
    points: int | None,
) -> PointsEntry | None:
    """Give `points` of a spending (all, if None) back; returns the first entry, None for none.

    The record that spent them gets its own part first, then who carries the rest since two records
    were parted.
    """
    first = None
    for each in (spent, *_carried(session, spent)):
        left = -each.delta - ledger.undone(session, each)
        back = left if points is None else min(left, points)
        if back <= 0 or entries.caused_by(session, each.customer_id, ref):
            continue
        entry = _give_back(session, actor, each, back, note, ref)
        first = first or entry
        points = None if points is None else points - back
    return first


def _give_back(
    session: Session, actor: Actor, spent: PointsEntry, back: int, note: str, ref: str
) -> PointsEntry:
    entry = PointsEntry(
        customer_id=spent.customer_id,
        delta=back,
        cause=Cause.RESTORED,
        note=note,
        ref=ref,
        undoes_id=spent.id,
    )
    entries.add(session, actor, entry)
    ledger.give_back(session, entry, spent)
    entries.pay_debts(session, spent.customer_id)
    return entry


def _carried(session: Session, spent: PointsEntry) -> Sequence[PointsEntry]:
    """The parts of a spending that went to another record, which is locked; see parting.py.

    The two entries of such a pair have one ref.
    """
    moved = col(PointsEntry.cause) == Cause.PARTED
    here = select(PointsEntry.ref).where(moved, PointsEntry.undoes_id == spent.id)
    refs = {ref.split(_RENAMED)[0] for ref in session.exec(here)}
    if not refs:
        return ()
    same = or_(*(col(PointsEntry.ref).startswith(ref, autoescape=True) for ref in sorted(refs)))
    taken = select(PointsEntry).where(moved, PointsEntry.delta < 0, same)
    found = session.exec(taken.order_by(col(PointsEntry.id))).all()
    for customer_id in sorted({entry.customer_id for entry in found}):
        session.exec(select(Customer.id).where(Customer.id == customer_id).with_for_update())
    return found
