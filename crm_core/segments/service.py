"""Which customers are loyal, asleep, new, promising or about to be lost (RFM).

Every customer who bought belongs to exactly one segment: the first of `Segment` whose rule fits.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from sqlalchemy import ColumnElement, Subquery, case, true
from sqlmodel import Session, col, func, select

from crm_core.authz import Actor, Forbidden, Permission
from crm_core.customers.models import Customer
from crm_core.errors import CrmError, Kind
from crm_core.rules import service as rules
from crm_core.segments.figures import figures, fits


class Segment(StrEnum):
    """In the order in which they are tried; docs/rules.md has the rules."""

    LOYAL = "忠诚"
    DORMANT = "沉睡"
    NEW = "新客"
    AT_RISK = "流失风险"
    POTENTIAL = "潜力"


_RULES = {
    Segment.LOYAL: "segment.loyal",
    Segment.DORMANT: "segment.dormant",
    Segment.NEW: "segment.new",
    Segment.AT_RISK: "segment.at_risk",
    Segment.POTENTIAL: "segment.potential",
}
_NEVER_BOUGHT = "never"
_OTHER = "other"


class UnknownSegment(CrmError):
    code = "unknown_segment"
    kind = Kind.NOT_FOUND


@dataclass(frozen=True)
class Stats:
    """How many customers there are, in which segment."""

    total: int  # bound, of a shop, or bought
    counts: dict[Segment, int]
    never_bought: int

    def share(self, segment: Segment) -> float:
        """The segment's part of all customers, 0 to 1."""
        return self.counts[segment] / self.total if self.total else 0.0


def named(name: str) -> Segment:
    """The segment people call `name`.

    Raises:
        UnknownSegment: there is none.
    """
    try:
        return Segment(name)
    except ValueError:
        raise UnknownSegment(name, name=name, known="、".join(Segment)) from None


def members(
    session: Session, actor: Actor, segment: Segment, *, store_id: int | None = None
) -> Sequence[int]:
    """The ids of the customers in a segment, of a manager's own shop, of `store_id`, or of all.

    Raises:
        Forbidden: the actor may not see segments, or not those of this shop.
    """
    scope = _scope(actor, store_id)
    of, which = _classified(session)
    wanted = (
        select(Customer.id)
        .join(of, of.c.customer_id == col(Customer.id))
        .where(which == segment.value, scope, col(Customer.joined_into).is_(None))
        .order_by(col(Customer.id))
    )
    return session.exec(wanted).all()


def stats(session: Session, actor: Actor, *, store_id: int | None = None) -> Stats:
    """How many customers are in each segment, of a manager's own shop, of `store_id`, or of all.

    Raises:
        Forbidden: the actor may not see segments, or not those of this shop.
    """
    scope = _scope(actor, store_id)
    of, which = _classified(session)
    known = (
        col(Customer.store_id).is_not(None)
        | col(Customer.member_since).is_not(None)
        | of.c.customer_id.is_not(None)
    )
    wanted = (
        select(which, func.count())
        .select_from(Customer)
        .join(of, of.c.customer_id == col(Customer.id), isouter=True)
        .where(scope, known, col(Customer.joined_into).is_(None))
        .group_by(which)
    )
    found: dict[str, int] = dict(session.exec(wanted).all())
    return Stats(
        total=sum(found.values()),
        counts={segment: found.get(segment.value, 0) for segment in Segment},
        never_bought=found.get(_NEVER_BOUGHT, 0),
    )


def _scope(actor: Actor, store_id: int | None) -> ColumnElement[bool]:
    """A manager's own shop, or the one asked for; everybody else's are refused."""
    actor.require(Permission.SEGMENT_READ)
    if actor.everywhere:
        return true() if store_id is None else col(Customer.store_id) == store_id
    if actor.store_id is None or store_id not in {None, actor.store_id}:
        raise Forbidden(actor.name, f"store:{store_id}")
    return col(Customer.store_id) == actor.store_id


def _classified(session: Session) -> tuple[Subquery, ColumnElement[str]]:
    """The figures, and the name of the first segment that they fit."""
    of = figures(rules.get(session, "segment.window_days"))
    tried = [(fits(rules.get(session, _RULES[one]), of), one.value) for one in Segment]
    return of, case((of.c.customer_id.is_(None), _NEVER_BOUGHT), *tried, else_=_OTHER)
