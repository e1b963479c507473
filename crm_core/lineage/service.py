"""Writing down where values come from, and telling it."""

from collections.abc import Mapping, Sequence

from sqlmodel import Session, col, select

from crm_core import crypto
from crm_core.authz import Actor, Role, Scoped
from crm_core.lineage.models import FieldEntry


def entered(  # noqa: PLR0913  where a value comes from is all of this
    session: Session,
    actor: Actor,
    customer: Scoped,
    field: str,
    value: str | None,
    *,
    before: str | None = None,
    source: str | None = None,
    ref: str,
) -> FieldEntry:
    """Keep that `value` (None: no longer anything) was entered; the caller makes sure it is once.

    `source` is, unless said, what the actor is: "chat" for the customer, "assistant" for staff.
    """
    row = FieldEntry(
        customer_id=customer.id,
        store_id=customer.store_id,
        field=field,
        source=source or source_of(actor),
        actor=actor.name,
        ref=ref,
        digest="" if value is None else digest(field, value),
        before=before,
        value=value,
    )
    session.add(row)
    return row


def said(
    session: Session,
    actor: Actor,
    customer: Scoped,
    values: Mapping[str, str | None],
    *,
    source: str,
    ref: str,
) -> None:
    """Keep what a source says of a customer, field by field; None is nothing.

    What it said before in the same words is not kept again, so that a nightly import adds rows for
    what is new only.
    """
    given = {field: value for field, value in values.items() if value}
    theirs = FieldEntry.customer_id == customer.id, FieldEntry.source == source
    known = select(FieldEntry.field, FieldEntry.digest).where(*theirs, FieldEntry.refused == "")
    latest = dict(session.exec(known.order_by(col(FieldEntry.id))).all())
    for field, value in given.items():
        if latest.get(field) != digest(field, value):
            entered(session, actor, customer, field, value, source=source, ref=ref)


def refused(
    session: Session,
    actor: Actor,
    customer: Scoped,
    field: str,
    why: str,
    *,
    source: str,
    ref: str,
) -> None:
    """Keep that a value was refused and why; nothing of the value. The refusal is not undone."""
    session.add(
        FieldEntry(
            customer_id=customer.id, store_id=customer.store_id, field=field, source=source,
            actor=actor.name, ref=ref, refused=why,
        )
    )  # fmt: skip


def of(session: Session, customer_id: int, field: str | None = None) -> Sequence[FieldEntry]:
    """What was entered of a customer, the newest first; the caller may see it."""
    wanted = select(FieldEntry).where(
        FieldEntry.customer_id == customer_id, FieldEntry.refused == ""
    )
    if field is not None:
        wanted = wanted.where(FieldEntry.field == field)
    return session.exec(wanted.order_by(col(FieldEntry.id).desc())).all()


def by_ref(session: Session, customer_id: int, ref: str) -> Sequence[FieldEntry]:
    """What was entered of a customer under this `ref`, in its order."""
    same = FieldEntry.customer_id == customer_id, FieldEntry.ref == ref, FieldEntry.refused == ""
    return session.exec(select(FieldEntry).where(*same).order_by(col(FieldEntry.id))).all()


def source_of(actor: Actor) -> str:
    """What a value that this actor enters comes from."""
    if actor.role is Role.CUSTOMER:
        return "chat"
    return "import" if actor.staff_id is None else "assistant"


def digest(field: str, value: str) -> str:
    """By which two sources are seen to agree, without opening either."""
    return crypto.digest(f"entry {field}", value.strip().casefold())
