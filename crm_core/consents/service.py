"""What customers agreed to. Rows are only added; of a purpose the latest one holds."""

from collections.abc import Sequence

from sqlmodel import Session, col, select

from crm_core.audit import service as audit
from crm_core.authz import Actor, Permission
from crm_core.consents.models import Consent, Purpose
from crm_core.customers import service as customers
from crm_core.timeline import service as timeline
from crm_core.timeline.models import EventKind

_INCLUDED = {Purpose.SURVEY: Purpose.MEMBERSHIP}  # is agreed to with it, but can be withdrawn alone


def holds(session: Session, customer_id: int, purpose: Purpose, *, via: str = "") -> bool:
    """Whether the customer agrees to this now, by the channel `via`; where they never said, not.

    What was said of all channels ("") counts for each; the latest word that concerns it holds.
    """
    said = latest(session, customer_id, purpose, via=via)
    if said is None and purpose in _INCLUDED:
        return holds(session, customer_id, _INCLUDED[purpose], via=via)
    return said is not None and said.granted


def latest(
    session: Session, customer_id: int, purpose: Purpose, *, via: str = ""
) -> Consent | None:
    """What the customer said last about this purpose itself, for all channels or this one."""
    of_them = Consent.customer_id == customer_id, Consent.purpose == purpose
    concerned = col(Consent.via).in_({"", via})
    newest_first = col(Consent.at).desc(), col(Consent.id).desc()
    return session.exec(select(Consent).where(*of_them, concerned).order_by(*newest_first)).first()


def history(session: Session, actor: Actor, customer_id: int) -> Sequence[Consent]:
    """All that a customer agreed to or withdrew, in which words, when and by whom; newest first.

    Raises:
        Forbidden: the actor may not see this customer.
        CustomerNotFound: there is no such customer.
    """
    customers.get(session, actor, Permission.CUSTOMER_READ, customer_id)
    theirs = select(Consent).where(Consent.customer_id == customer_id)
    return session.exec(theirs.order_by(col(Consent.at).desc(), col(Consent.id).desc())).all()


def record(  # noqa: PLR0913  a consent is proof only with all of it
    session: Session,
    actor: Actor,
    customer_id: int,
    purpose: Purpose,
    *,
    granted: bool,
    wording: str,
    channel: str,
    via: str = "",
    ref: str,
) -> Consent:
    """Keep that a customer agreed (or no longer does) to the sentence `wording` they were shown.

    It was said on `channel`, and is about messages by `via`; "" is about all of them.
    Safe to repeat: a repeated `ref` returns the first row.

    Raises:
        Forbidden: the actor may not speak for this customer.
        CustomerNotFound: there is no such customer.
    """
    customers.lock(session, actor, Permission.CONSENT_WRITE, customer_id)
    if earlier := _said_in(session, customer_id, purpose, via, ref):
        return earlier
    row = Consent(
        customer_id=customer_id,
        purpose=purpose,
        granted=granted,
        wording=wording,
        via=via,
        channel=channel,
        source=actor.name,
        ref=ref,
    )
    session.add(row)
    session.flush()
    timeline.add(
        session, customer_id, EventKind.CONSENT, ref=":".join(filter(None, (ref, purpose, via))),
        purpose=purpose.value, granted=granted, via=via,
    )  # fmt: skip
    audit.record(
        session, actor, "consent:grant" if granted else "consent:withdraw",
        f"customer:{customer_id}", purpose=purpose.value, via=via,
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
    of_ref = Consent.customer_id == customer_id, Consent.ref == ref
    restored = []
    for said in session.exec(select(Consent).where(*of_ref).order_by(col(Consent.id))).all():
        if earlier := _said_in(session, customer_id, said.purpose, said.via, undoing):
            restored.append(earlier)
            continue
        if latest(session, customer_id, said.purpose, via=said.via) != said:
            continue
        granted, wording = _before(session, said)
        row = record(
            session, actor, customer_id, said.purpose, granted=granted, wording=wording,
            channel=said.channel, via=said.via, ref=undoing,
        )  # fmt: skip
        restored.append(row)
    return restored


def _before(session: Session, said: Consent) -> tuple[bool, str]:
    """What held until then and in which words."""
    theirs = Consent.customer_id == said.customer_id, Consent.purpose == said.purpose
    concerned = col(Consent.via).in_({"", said.via})
    in_order = session.exec(
        select(Consent).where(*theirs, concerned).order_by(col(Consent.at), col(Consent.id))
    ).all()
    if place := in_order.index(said):
        return in_order[place - 1].granted, in_order[place - 1].wording
    included_in = _INCLUDED.get(said.purpose)
    granted = included_in is not None and holds(session, said.customer_id, included_in)
    return granted, said.wording


def _said_in(
    session: Session, customer_id: int, purpose: Purpose, via: str, ref: str
) -> Consent | None:
    same = Consent.customer_id == customer_id, Consent.purpose == purpose
    under = Consent.via == via, Consent.ref == ref
    return session.exec(select(Consent).where(*same, *under)).one_or_none()
