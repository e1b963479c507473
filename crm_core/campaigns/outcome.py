"""How pushes went: what the outbox tells, and what it asks right before it sends."""

from collections.abc import Sequence

from sqlmodel import Session, select

from crm_core.campaigns import sending
from crm_core.campaigns.models import Campaign, Push, PushState
from crm_core.campaigns.sending import MASS, TOO_FEW
from crm_core.consents.many import marketing_holds_for
from crm_core.outbox.models import Outbound
from crm_core.outbox.ports import Receipt
from crm_core.reach import service as reach
from crm_core.reach.service import WhyNot
from crm_core.timeline import service as timeline
from crm_core.timeline.models import EventKind


def delivered(session: Session, outbound: Outbound, _: Receipt | None) -> None:
    """The outbox's listener for "push": write how it went to every push the row served."""
    for push in _served(session, outbound):
        push.state, push.reason = sending.RESULTS[outbound.state], (outbound.error or "")[:32]
        timeline.add(
            session, push.customer_id, EventKind.PUSH, ref=f"campaign:{push.campaign_id}",
            channel=push.channel, state=push.state.value,
        )  # fmt: skip


def objection(session: Session, outbound: Outbound) -> str | None:
    """The outbox's guard for "push": nobody is written to who has withdrawn meanwhile.

    Of a mass send they are taken out; if fewer than two are left, it is not made. A second attempt
    at one stays as it was, since the first may have arrived.
    """
    if outbound.channel == MASS and outbound.attempts > 1:
        return None
    pushes = _served(session, outbound)
    agreeing = marketing_holds_for(session, [push.customer_id for push in pushes])
    for push in pushes:
        if push.customer_id not in agreeing:
            sending.skip(push, WhyNot.NO_CONSENT)
    left = [push for push in pushes if push.customer_id in agreeing]
    if not left:
        return WhyNot.NO_CONSENT
    return _thinned(session, outbound, left) if outbound.channel == MASS else None


def _thinned(session: Session, outbound: Outbound, pushes: Sequence[Push]) -> str | None:
    openids = set(reach.openids(session, [push.customer_id for push in pushes]).values())
    if len(openids) < sending.LEAST_AT_ONCE:
        campaign = session.get_one(Campaign, pushes[0].campaign_id)
        sending.alone(session, campaign, pushes)
        return TOO_FEW
    outbound.payload = {**outbound.payload, "openids": sorted(openids)}
    return None


def _served(session: Session, outbound: Outbound) -> Sequence[Push]:
    of_it = Push.outbound_id == outbound.id, Push.state == PushState.PLANNED
    return session.exec(select(Push).where(*of_it).with_for_update()).all()
