"""Parting a points ledger: which of the later entries are the source's."""

import re

from sqlmodel import Session, col, select

from crm_core.authz import system
from crm_core.inbound.models import Inbound
from crm_core.merging.following import by_message
from crm_core.orders.models import Order
from crm_core.points import parting
from crm_core.points.models import GIVING, Cause, PointsEntry

_BY_ORDER = re.compile(r"order:(.+)")
_SYSTEM = system("merging")  # whoever merges need not have a right to points


def part(session: Session, merge_id: int, source_id: int, target_id: int) -> set[str]:
    """Give each record the points that are its own, without making or losing one.

    The lots that were moved are the source's again already; later ones follow the message or the
    order that earned them, and what was given back follows its spending. `points.parting` does the
    rest: spends follow the lots, a shortfall stands below zero where it arose. Returns the refs of
    what went to the source.
    """
    session.flush()
    wanted = select(PointsEntry).where(PointsEntry.customer_id == target_id)
    later = session.exec(wanted.order_by(col(PointsEntry.id))).all()
    moving = [entry.id for entry in later if _owner(session, entry) == source_id]
    ref = f"merge:{merge_id}"
    parting.part(session, _SYSTEM, target_id, source_id, moving, ref=ref)
    session.flush()
    return {entry.ref for entry in later if entry.customer_id == source_id}


def _owner(session: Session, entry: PointsEntry) -> int | None:
    """Whose message, order or spending caused it."""
    if entry.cause is Cause.RESTORED:
        of_it = select(PointsEntry.customer_id).where(PointsEntry.id == entry.undoes_id)
        return session.exec(of_it).first()
    if entry.cause not in GIVING:
        return None
    if (message := by_message(entry.ref)) is not None:
        return session.exec(select(Inbound.customer_id).where(Inbound.id == message)).first()
    if named := _BY_ORDER.match(entry.ref):
        of_order = select(Order.customer_id).where(Order.order_no == named[1])
        return session.exec(of_order).first()
    return None
