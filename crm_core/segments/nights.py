"""Living segments looked at every night, so that it can be said who entered and who left."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import delete, insert
from sqlmodel import Session, col, select

from crm_core.authz import Actor, Permission
from crm_core.clock import today
from crm_core.customers.models import Customer
from crm_core.errors import CrmError, Kind
from crm_core.segments import book, querying
from crm_core.segments.models import Segment, SegmentKind, SegmentMember, SegmentSnapshot
from crm_core.segments.rule import InSegment

_AT_ONCE = 500  # ids in one statement


class SegmentNotLookedAt(CrmError):
    """The segment was looked at on no night yet; a static one never is."""

    code = "segment_not_looked_at"
    kind = Kind.NOT_FOUND


@dataclass(frozen=True)
class Moved:
    """Who is in a segment now and was not when it was looked at last, and the other way round."""

    since: date
    entered: Sequence[int]
    left: Sequence[int]


def living(session: Session) -> list[str]:
    """The segments that are looked at."""
    known = book.load(session).segments
    return [name for name, meant in known.items() if not isinstance(meant, book.Frozen)]


def take(session: Session, actor: Actor, name: str) -> SegmentSnapshot:
    """Keep who is in a living segment today; once a day, repeating changes nothing.

    Raises:
        Forbidden: the actor may not define segments.
        UnknownSegment: there is no such segment.
    """
    actor.require(Permission.SEGMENT_WRITE)
    row = _row(session, actor, name)
    if (taken := _latest(session, row.id)) is not None and taken.day == today():
        return taken
    now_in = set(session.scalars(querying.fitting(session, InSegment(name))))
    before = _members(session, row.id)
    _drop(session, row.id, sorted(before - now_in))
    _add(session, row.id, sorted(now_in - before))
    made = SegmentSnapshot(
        segment_id=row.id,
        day=today(),
        total=len(now_in),
        entered=len(now_in - before),
        gone=len(before - now_in),
    )
    session.add(made)
    session.flush()
    return made


def moved(session: Session, actor: Actor, name: str, *, store_id: int | None = None) -> Moved:
    """Who entered and who left a living segment since it was looked at last (the last night).

    Raises:
        Forbidden: the actor may not see segments, or not those of this shop.
        UnknownSegment: there is no such segment.
        SegmentNotLookedAt: it was never looked at, or is static.
    """
    within = querying.scope(actor, store_id)
    now_in = querying.fitting(session, InSegment(name)).where(within)
    row = session.exec(select(Segment).where(Segment.name == name)).one_or_none()
    taken = _latest(session, row.id) if row and row.kind is SegmentKind.LIVING else None
    if row is None or taken is None:
        raise SegmentNotLookedAt(name, name=name)
    current = set(session.scalars(now_in))
    were = (
        select(SegmentMember.customer_id)
        .join(Customer, col(Customer.id) == col(SegmentMember.customer_id))
        .where(SegmentMember.segment_id == row.id, within)
    )
    before = set(session.exec(were))
    return Moved(taken.day, sorted(current - before), sorted(before - current))


def history(
    session: Session, actor: Actor, name: str, *, limit: int = 30
) -> Sequence[SegmentSnapshot]:
    """How a living segment grew and shrank, the newest night first.

    Raises:
        Forbidden: the actor may not see segments.
    """
    actor.require(Permission.SEGMENT_READ)
    wanted = (
        select(SegmentSnapshot)
        .join(Segment, col(Segment.id) == col(SegmentSnapshot.segment_id))
        .where(Segment.name == name)
        .order_by(col(SegmentSnapshot.day).desc())
    )
    return session.exec(wanted.limit(limit)).all()


def _row(session: Session, actor: Actor, name: str) -> Segment:
    """The row of a segment; a shipped one gets it when it is first looked at."""
    book.load(session).segment(name)
    row = session.exec(select(Segment).where(Segment.name == name).with_for_update()).one_or_none()
    if row is None:
        row = Segment(name=name, created_by=actor.name, ref="shipped")
        session.add(row)
        session.flush()
    return row


def _latest(session: Session, segment_id: int) -> SegmentSnapshot | None:
    wanted = select(SegmentSnapshot).where(SegmentSnapshot.segment_id == segment_id)
    return session.exec(wanted.order_by(col(SegmentSnapshot.day).desc())).first()


def _members(session: Session, segment_id: int) -> set[int]:
    wanted = select(SegmentMember.customer_id).where(SegmentMember.segment_id == segment_id)
    return set(session.exec(wanted))


def _drop(session: Session, segment_id: int, customer_ids: list[int]) -> None:
    for start in range(0, len(customer_ids), _AT_ONCE):
        some = col(SegmentMember.customer_id).in_(customer_ids[start : start + _AT_ONCE])
        session.exec(delete(SegmentMember).where(col(SegmentMember.segment_id) == segment_id, some))


def _add(session: Session, segment_id: int, customer_ids: list[int]) -> None:
    if customer_ids:
        rows = [{"segment_id": segment_id, "customer_id": one} for one in customer_ids]
        session.connection().execute(insert(SegmentMember.__table__), rows)  # type: ignore[attr-defined]
