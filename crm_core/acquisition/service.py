"""Where customers came from, and what each of them cost.

A customer's source is that of the first identity they came by (see docs/segments.md); what was
spent on a source in a month is shared evenly by those who came by it in that month.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time

from sqlalchemy import ColumnElement, Subquery, and_, case
from sqlmodel import Session, col, func, select

from crm_core.acquisition.models import AcquisitionCost
from crm_core.audit import service as audit
from crm_core.authz import Actor, Permission
from crm_core.clock import now
from crm_core.customers.models import Customer, Identity
from crm_core.settings import settings


@dataclass(frozen=True)
class Won:
    """The customers of a source in a month, and what they cost."""

    source: str
    month: date
    cost_fen: int
    customers: int

    @property
    def each_fen(self) -> int | None:
        """What one of them cost; none where nobody came."""
        return self.cost_fen // self.customers if self.customers else None


def spend(session: Session, actor: Actor, source: str, month: date, cost_fen: int) -> None:
    """Keep what was spent on a source in the month of `month`. Repeating changes nothing.

    Raises:
        Forbidden: the actor may not set up the shop.
        ValueError: the cost is below zero; edges validate first.
    """
    actor.require(Permission.SETUP_WRITE)
    if cost_fen < 0:
        raise ValueError(cost_fen)
    first = month.replace(day=1)
    same = AcquisitionCost.source == source, AcquisitionCost.month == first
    row = session.exec(select(AcquisitionCost).where(*same).with_for_update()).one_or_none()
    if row is not None and row.cost_fen == cost_fen:
        return
    row = row or AcquisitionCost(source=source, month=first, cost_fen=0)
    row.cost_fen, row.changed_at = cost_fen, now()
    session.add(row)
    subject = f"acquisition:{source}:{first:%Y-%m}"
    audit.record(session, actor, "acquisition:spend", subject, cost_fen=cost_fen)


def won(session: Session, actor: Actor) -> Sequence[Won]:
    """How many came by which source for what, month by month, the newest first.

    Raises:
        Forbidden: the actor may not see figures.
    """
    actor.require(Permission.REPORT_READ)
    newest = col(AcquisitionCost.month).desc(), col(AcquisitionCost.source)
    spent = session.exec(select(AcquisitionCost).order_by(*newest)).all()
    return [Won(x.source, x.month, x.cost_fen, _came(session, x)) for x in spent]


def sources() -> Subquery:
    """One row a customer who came by something: customer_id, source."""
    earliest = select(func.min(Identity.id)).group_by(col(Identity.customer_id)).scalar_subquery()
    first = select(Identity.customer_id, Identity.source).where(col(Identity.id).in_(earliest))
    return first.subquery("acquired")


def costs(session: Session) -> Subquery:
    """One row a customer whose cost is known: customer_id, cost_fen."""
    wins = [
        (row, fen)
        for row in session.exec(select(AcquisitionCost)).all()
        if (fen := Won(row.source, row.month, row.cost_fen, _came(session, row)).each_fen)
        is not None
    ]
    by = sources()
    each = [(and_(*_in(row, by)), fen) for row, fen in wins]
    cost = case(*each) if each else func.nullif(0, 0)
    priced = select(by.c.customer_id, cost.label("cost_fen")).join(
        Customer, col(Customer.id) == by.c.customer_id
    )
    return priced.subquery("priced")


def _came(session: Session, row: AcquisitionCost) -> int:
    by = sources()
    wanted = (
        select(func.count())
        .select_from(Customer)
        .join(by, by.c.customer_id == col(Customer.id))
        .where(*_in(row, by), col(Customer.joined_into).is_(None))
    )
    return session.exec(wanted).one()


def _in(row: AcquisitionCost, by: Subquery) -> list[ColumnElement[bool]]:
    """Came by this source in this month."""
    since, until = _month(row.month)
    made = col(Customer.created_at)
    return [by.c.source == row.source, made >= since, made < until]


def _month(first: date) -> tuple[datetime, datetime]:
    following = date(first.year + first.month // 12, first.month % 12 + 1, 1)
    zone = settings().zone
    return datetime.combine(first, time(), zone), datetime.combine(following, time(), zone)
