"""Keeping who read whose personal data; a reader that cannot be kept does not get them."""

from sqlmodel import Session

from crm_core.audit.models import AuditEntry
from crm_core.authz import Actor
from crm_core.db import at_end_of_reading

_KEPT = "reads kept"  # in Session.info: what this session has kept already


def read(session: Session, actor: Actor, customer_id: int, what: str = "customer:read") -> None:
    """Add the row of a read, once for each session, actor and customer.

    What customers read of themselves is theirs, and is not kept. A session that only reads takes
    no write lock: its rows follow in a transaction of their own when it ends.
    """
    if actor.customer_id == customer_id:
        return
    kept = session.info.setdefault(_KEPT, set())
    deed = actor.name, what, customer_id
    if deed in kept:
        return
    kept.add(deed)
    keep(session, actor, what, f"customer:{customer_id}")


def keep(session: Session, actor: Actor, what: str, subject: str, **detail: object) -> None:
    """Add the row of a deed that changes nothing, whatever the session is for."""

    def write(other: Session) -> None:
        other.add(AuditEntry(actor=actor.name, action=what, subject=subject, detail=detail))

    if not at_end_of_reading(session, write):
        write(session)
