"""What a source says it sent of a day against what is held; gaps are named, and can be refetched.

What is said is the orders with their sums, as paid. An order counts for the day on the shop's
clock; what came back of it later changes nothing here.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from sqlalchemy import insert
from sqlmodel import Session, col, delete, func, select

from crm_core.audit import service as audit
from crm_core.authz import Actor, Permission
from crm_core.clock import now
from crm_core.db import unit_of_work
from crm_core.imports.models import SourceDay, SourceOrder
from crm_core.orders.models import Order
from crm_core.settings import settings


@dataclass(frozen=True)
class Gap:
    """How a day differs: order numbers."""

    missing: tuple[str, ...]  # sent, not held
    different: tuple[str, ...]  # held with another sum
    unsaid: tuple[str, ...]  # held, and the source does not know them
    day: SourceDay

    @property
    def closed(self) -> bool:
        return not (self.missing or self.different or self.unsaid)


Refetch = Callable[[str, date, Sequence[str]], None]  # source, day, numbers: brings them in


def say(
    session: Session,
    actor: Actor,
    source: str,
    day: date,
    sent: Mapping[str, int],
    *,
    sent_until: datetime | None = None,
) -> SourceDay:
    """Keep what a source says it sent of a day: order numbers with their sums in fen.

    A later word about the same day takes the place of the earlier one.

    Raises:
        Forbidden: the actor may not.
    """
    actor.require(Permission.ORDER_WRITE)
    same = SourceDay.source == source, SourceDay.day == day
    row = session.exec(select(SourceDay).where(*same).with_for_update()).one_or_none()
    row = row or SourceDay(source=source, day=day, said_orders=0, said_fen=0)
    row.said_orders, row.said_fen = len(sent), sum(sent.values())
    row.sent_until, row.said_at = sent_until, now()
    session.add(row)
    session.flush()
    session.exec(delete(SourceOrder).where(col(SourceOrder.source_day_id) == row.id))
    named = [
        {"source_day_id": row.id, "order_no": number, "total_fen": fen}
        for number, fen in sent.items()
    ]
    if named:
        session.connection().execute(insert(SourceOrder), named)
    subject = f"source:{source}:{day}"
    audit.record(session, actor, "source:say", subject, orders=row.said_orders, fen=row.said_fen)
    return row


def compare(session: Session, actor: Actor, source: str, day: date) -> Gap:
    """Compare what a source said of a day with what is held now, and keep the counts.

    Raises:
        Forbidden: the actor may not.
        LookupError: the source said nothing of this day; edges ask first.
    """
    actor.require(Permission.ORDER_READ)
    same = SourceDay.source == source, SourceDay.day == day
    row = session.exec(select(SourceDay).where(*same).with_for_update()).one_or_none()
    if row is None:
        raise LookupError(source, day)
    said = dict(
        session.exec(
            select(SourceOrder.order_no, SourceOrder.total_fen).where(
                SourceOrder.source_day_id == row.id
            )
        ).all()
    )
    begins, ends = _bounds(day)
    theirs = Order.source == source, Order.paid_at >= begins, Order.paid_at < ends
    held = dict(session.exec(select(Order.order_no, Order.total_fen).where(*theirs)).all())
    row.held_orders, row.held_fen, row.compared_at = len(held), sum(held.values()), now()
    session.add(row)
    return Gap(
        tuple(sorted(said.keys() - held.keys())),
        tuple(
            sorted(number for number in said.keys() & held.keys() if said[number] != held[number])
        ),
        tuple(sorted(held.keys() - said.keys())),
        row,
    )


def close(actor: Actor, source: str, day: date, fetch: Refetch) -> Gap:
    """Have what is missing or different sent again, and say what is left of the gap.

    `fetch` runs with no transaction open.

    Raises:
        Forbidden: the actor may not.
        LookupError: the source said nothing of this day.
    """
    with unit_of_work() as session:
        gap = compare(session, actor, source, day)
    if wanted := (*gap.missing, *gap.different):
        fetch(source, day, wanted)
        with unit_of_work() as session:
            gap = compare(session, actor, source, day)
            gap.day.refetched_at = now()
    return gap


def days(session: Session, actor: Actor, *, limit: int = 60) -> Sequence[SourceDay]:
    """What is known of each source and day, the newest first.

    Raises:
        Forbidden: the actor may not.
    """
    actor.require(Permission.ORDER_READ)
    newest = col(SourceDay.day).desc(), col(SourceDay.source)
    return session.exec(select(SourceDay).order_by(*newest).limit(limit)).all()


def lags(session: Session) -> dict[str, float]:
    """By source: seconds between the newest order it says it sent and the newest that is held.

    Zero where all is here; for metrics, which show no persons.
    """
    said = select(SourceDay.source, func.max(SourceDay.sent_until)).group_by(col(SourceDay.source))
    found: dict[str, float] = {}
    for source, until in session.exec(said):
        if until is None:
            continue
        held = session.exec(
            select(func.max(Order.paid_at)).where(Order.source == source, Order.paid_at <= until)
        ).one()
        found[source] = (until - held if held else now() - until).total_seconds()
    return found


def _bounds(day: date) -> tuple[datetime, datetime]:
    zone = settings().zone
    return datetime.combine(day, time(), zone), datetime.combine(day + timedelta(1), time(), zone)
