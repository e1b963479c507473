"""Writing down who did or tried what."""

from sqlmodel import Session

from crm_core.audit.models import AuditEntry
from crm_core.authz import Actor
from crm_core.db import unit_of_work


def record(
    session: Session,
    actor: Actor,
    action: str,
    subject: str,
    *,
    refused: bool = False,
    **detail: object,
) -> None:
    """Add the row of a deed, in the deed's own transaction. `detail` holds no personal data.

    `refused` is for what is refused without an error: the transaction goes on.
    """
    session.add(
        AuditEntry(actor=actor.name, action=action, subject=subject, refused=refused, detail=detail)
    )


def refuse(actor: Actor, action: str, subject: str) -> None:
    """Keep that something was refused; in a transaction of its own, the other one is undone."""
    with unit_of_work() as session:
        session.add(AuditEntry(actor=actor.name, action=action, subject=subject, refused=True))
