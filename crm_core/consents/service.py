"""What customers agreed to. Rows are only added; of a purpose the latest one holds."""

from sqlmodel import Session, col, select

from crm_core.audit import service as audit
from crm_core.authz import Actor, Permission
from crm_core.consents.models import Consent, Purpose
from crm_core.customers import service as customers
from crm_core.timeline import service as timeline
from crm_core.timeline.models import EventKind

_INCLUDED = {Purpose.SURVEY: Purpose.MEMBERSHIP}  # is agreed to with it, but can be withdrawn alone


def holds(session: Session, customer_id: int, purpose: Purpose) -> bool:
    """Whether the customer agrees to this now; where they never said, not."""
    said = latest(session, customer_id, purpose)
    if said is None and purpose in _INCLUDED:
        return holds(session, customer_id, _INCLUDED[purpose])
    return said is not None and said.granted


def latest(session: Session, customer_id: int, purpose: Purpose) -> Consent | None:
    """What the customer said last about this purpose itself."""
    of_them = Consent.customer_id == customer_id, Consent.purpose == purpose
    newest_first = col(Consent.at).desc(), col(Consent.id).desc()
    return session.exec(select(Consent).where(*of_them).order_by(*newest_first)).first()


def record(  # noqa: PLR0913  a consent is proof only with all of it
    session: Session,
    actor: Actor,
    customer_id: int,
    purpose: Purpose,
    *,
    granted: bool,
    wording: str,
    channel: str,
    ref: str,
) -> Consent:
    """Keep that a customer agreed (or no longer does) to the sentence `wording` they were shown.

    Safe to repeat: a repeated `ref` returns the first row.

    Raises:
        Forbidden: the actor may not speak for this customer.
        CustomerNotFound: there is no such customer.
    """
    customers.lock(session, actor, Permission.CONSENT_WRITE, customer_id)
    if earlier := _said_in(session, customer_id, purpose, ref):
        return earlier
    row = Consent(
        customer_id=customer_id,
        purpose=purpose,
        granted=granted,
        wording=wording,
        channel=channel,
        ref=ref,
    )
    session.add(row)
    session.flush()
    timeline.add(
        session, customer_id, EventKind.CONSENT, ref=f"{ref}:{purpose.value}",
        purpose=purpose.value, granted=granted,
    )  # fmt: skip
    audit.record(
        session, actor, "consent:grant" if granted else "consent:withdraw",
        f"customer:{customer_id}", purpose=purpose.value,
    )  # fmt: skip
    return row


def undo(session: Session, actor: Actor, customer_id: int, ref: str) -> list[Consent]:
    """Say again what held before the rows of this `ref`; returns the rows that this took.

    What the customer has said since stays. Safe to repeat: returns the first rows.

    Raises:
        Forbidden: the actor may not speak for this customer.
        CustomerNotFound: there is no such customer.
    """
    customers.lock(session, actor, Permission.CONSENT_WRITE, customer_id)
    undoing = f"undo:{ref}"
    restored = []
    for purpose in Purpose:
        if earlier := _said_in(session, customer_id, purpose, undoing):
            restored.append(earlier)
            continue
        said = latest(session, customer_id, purpose)
        if said is None or said.ref != ref:
            continue
        granted, wording = _before(session, said)
        row = record(
            session, actor, customer_id, purpose, granted=granted, wording=wording,
            channel=said.channel, ref=undoing,
        )  # fmt: skip
        restored.append(row)
    return restored


def _before(session: Session, said: Consent) -> tuple[bool, str]:
    """What held until then and in which words."""
    theirs = Consent.customer_id == said.customer_id, Consent.purpose == said.purpose
    in_order = session.exec(
        select(Consent).where(*theirs).order_by(col(Consent.at), col(Consent.id))
    ).all()
    if place := in_order.index(said):
        return in_order[place - 1].granted, in_order[place - 1].wording
    included_in = _INCLUDED.get(said.purpose)
    granted = included_in is not None and holds(session, said.customer_id, included_in)
    return granted, said.wording


def _said_in(session: Session, customer_id: int, purpose: Purpose, ref: str) -> Consent | None:
    same = Consent.customer_id == customer_id, Consent.purpose == purpose, Consent.ref == ref
    return session.exec(select(Consent).where(*same)).one_or_none()
