"""Campaigns as another system ran them, and whom they reached."""

from datetime import datetime

from sqlmodel import Session, select

from crm_core.audit import service as audit
from crm_core.authz import Actor, Permission
from crm_core.campaigns.models import Campaign, Push, PushState
from crm_core.errors import CrmError, Kind
from crm_core.saving import Change

_NO_SEGMENT = ""


class NoSuchCampaign(CrmError):
    code = "campaign_not_found"
    kind = Kind.NOT_FOUND


def put(session: Session, actor: Actor, key: str, text: str, began_at: datetime) -> Change:
    """Keep a campaign that was run elsewhere; it is never sent. Repeating changes nothing.

    Raises:
        Forbidden: the actor may not set up the shop.
    """
    actor.require(Permission.SETUP_WRITE)
    found = session.exec(select(Campaign).where(Campaign.key == key)).one_or_none()
    if found is not None and found.text == text:
        return Change.SAME
    if found is not None:
        found.text = text
        return Change.CHANGED
    row = Campaign(
        key=key, segment=_NO_SEGMENT, text=text, created_by=actor.name, created_at=began_at
    )
    session.add(row)
    session.flush()
    audit.record(session, actor, "campaign:take_over", f"campaign:{row.id}")
    return Change.ADDED


def reached(session: Session, actor: Actor, key: str, customer_id: int) -> Change:
    """Keep that a campaign that was run elsewhere reached a customer. Repeating changes nothing.

    Raises:
        Forbidden: the actor may not set up the shop.
        NoSuchCampaign: there is none, or it is one of our own.
    """
    actor.require(Permission.SETUP_WRITE)
    theirs = Campaign.key == key, Campaign.segment == _NO_SEGMENT
    campaign = session.exec(select(Campaign).where(*theirs)).one_or_none()
    if campaign is None:
        raise NoSuchCampaign(key, name=key)
    same = Push.campaign_id == campaign.id, Push.customer_id == customer_id
    if session.exec(select(Push.id).where(*same)).first():
        return Change.SAME
    session.add(
        Push(
            campaign_id=campaign.id, customer_id=customer_id, state=PushState.SENT,
            created_at=campaign.created_at,
        )
    )  # fmt: skip
    session.flush()
    return Change.ADDED
