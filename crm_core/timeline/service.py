"""Adding to and reading what happened to a customer."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import insert
from sqlmodel import Session, col, select

from crm_core.clock import now
from crm_core.timeline.models import EventKind, TimelineEvent

_INSERT = insert(TimelineEvent.__table__)  # type: ignore[attr-defined]


def add(
    session: Session,
    customer_id: int,
    kind: EventKind,
    *,
    ref: str,
    at: datetime | None = None,
    **data: object,
) -> None:
    """Add an event; `ref` is its cause, and the caller has made sure it happens once."""
    session.flush()  # the customer may be new
    values = {
        "customer_id": customer_id, "kind": kind, "ref": ref, "at": at or now(),
        "data": data or None,
    }  # fmt: skip
    session.connection().execute(_INSERT, values)


def latest(
    session: Session, customer_id: int, *kinds: EventKind, limit: int = 20
) -> Sequence[TimelineEvent]:
    """The newest events of these kinds (all if none are named), newest first."""
    wanted = select(TimelineEvent).where(TimelineEvent.customer_id == customer_id)
    if kinds:
        wanted = wanted.where(col(TimelineEvent.kind).in_(kinds))
    return session.exec(wanted.order_by(col(TimelineEvent.at).desc()).limit(limit)).all()


def find(session: Session, customer_id: int, kind: EventKind, ref: str) -> TimelineEvent | None:
    """The event of this kind that `ref` caused."""
    same = TimelineEvent.customer_id == customer_id, TimelineEvent.kind == kind
    return session.exec(select(TimelineEvent).where(*same, TimelineEvent.ref == ref)).one_or_none()
