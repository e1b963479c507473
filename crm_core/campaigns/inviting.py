"""Which campaigns about something reached a customer, and when."""

from datetime import datetime

from sqlmodel import Session, col, select

from crm_core.campaigns.models import Campaign, Push
from crm_core.outbox import service as outbox


def gone_at(session: Session, customer_id: int, about: str) -> datetime | None:
    """When a push of a campaign whose key begins with `about` went out to a customer last.

    None if none did. The caller has the right to know.
    """
    theirs = (
        select(Push.outbound_id)
        .join(Campaign, col(Campaign.id) == col(Push.campaign_id))
        .where(
            Push.customer_id == customer_id,
            col(Push.outbound_id).is_not(None),
            col(Campaign.key).startswith(about, autoescape=True),
        )
    )
    ids = [outbound_id for outbound_id in session.exec(theirs) if outbound_id is not None]
    gone = outbox.gone_at(session, ids)
    return max(gone.values(), default=None)
