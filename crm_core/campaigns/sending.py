"""From planned pushes to rows of the outbox: who gets the text by which channel.

Every step is one short transaction under the campaign's lock and picks up where the last one
ended, so that dispatching may be cut off anywhere and run twice.
"""

from collections.abc import Sequence
from math import ceil

from sqlalchemy import ColumnElement
from sqlmodel import Session, col, func, select
from sqlmodel.sql.expression import SelectOfScalar

from crm_core import crypto, queues
from crm_core.campaigns.models import Campaign, Push, PushState
from crm_core.clock import local, now
from crm_core.consents.models import Purpose
from crm_core.outbox import service as outbox
from crm_core.outbox.models import OutboundState
from crm_core.reach import service as reach
from crm_core.reach.service import Way, WhyNot

MASS = "oa_mass"
TOO_FEW = "too_few"  # one recipient is left for a mass send, which needs two, and has no phone
# A follower gets 4 mass sends a calendar month, one call takes 2 to 10,000 (doc Batch_Sends).
MOST_A_MONTH = 4
LEAST_AT_ONCE = 2
MOST_AT_ONCE = 10_000

RESULTS = {
    OutboundState.SENT: PushState.SENT,
    OutboundState.FAILED: PushState.FAILED,
    OutboundState.UNKNOWN: PushState.UNKNOWN,
}
_CHUNK = 100


def choose(session: Session, customer_id: int) -> Way | WhyNot:
    """How a push reaches a customer now, or why not."""
    left = _mass_this_month(session, customer_id) < MOST_A_MONTH
    return reach.find(session, customer_id, purpose=Purpose.MARKETING, mass_left=left)


def choose_some(session: Session, campaign_id: int) -> bool:
    """Choose the channel of the next pushes and queue the single ones; False if none was left."""
    campaign = _lock(session, campaign_id)
    undecided = _waiting(campaign_id, col(Push.channel).is_(None)).limit(_CHUNK)
    pushes = session.exec(undecided).all()
    for push in pushes:
        found = choose(session, push.customer_id)
        if isinstance(found, Way) and found.channel == MASS:
            push.channel = MASS
        else:
            single(session, campaign, push, found)
    return bool(pushes)


def gather(session: Session, campaign_id: int) -> bool:
    """Queue one mass send to those who wait for it; False if nobody was left.

    More than MOST_AT_ONCE are split evenly, so that no batch is too small.
    """
    campaign = _lock(session, campaign_id)
    waiting = _waiting(campaign_id, col(Push.channel) == MASS)
    total = session.exec(select(func.count()).select_from(waiting.subquery())).one()
    if not total:
        return False
    pushes = session.exec(waiting.limit(ceil(total / ceil(total / MOST_AT_ONCE)))).all()
    openids = reach.openids(session, [push.customer_id for push in pushes])
    if len(set(openids.values())) < LEAST_AT_ONCE:
        alone(session, campaign, pushes)
        return True
    following = [push for push in pushes if push.customer_id in openids]
    _queue_mass(session, campaign, following, openids)
    alone(session, campaign, [push for push in pushes if push.customer_id not in openids])
    return True


def alone(session: Session, campaign: Campaign, pushes: Sequence[Push]) -> None:
    """A text message to each of those whom a mass send cannot serve; without a phone, nothing."""
    following = reach.openids(session, [push.customer_id for push in pushes])
    for push in pushes:
        found = instead_of_mass(session, push.customer_id)
        gone = push.customer_id not in following and not isinstance(found, Way)
        single(session, campaign, push, WhyNot.NOT_FOLLOWING if gone else found)


def instead_of_mass(session: Session, customer_id: int) -> Way | str:
    """How somebody is reached whom no mass send takes along, or why not."""
    return reach.by_phone(session, customer_id, purpose=Purpose.MARKETING) or TOO_FEW


def single(session: Session, campaign: Campaign, push: Push, found: Way | str) -> None:
    """Queue one push by its way, or skip it for a reason. One address gets one message."""
    if not isinstance(found, Way):
        skip(push, found)
        return
    to = outbox.Recipient(found.channel, found.address, customer_id=push.customer_id)
    content = outbox.Content("text", {"text": reach.refusable(campaign.text, found.channel)})
    key = f"push:{campaign.id}:{crypto.digest('push', found.address)}"
    row = outbox.queue(session, to, content, key=key, purpose="push", lane=queues.BULK)
    push.channel, push.outbound_id = found.channel, row.id
    push.state = RESULTS.get(row.state, PushState.PLANNED)


def skip(push: Push, reason: str) -> None:
    """Let a push not be sent."""
    push.state, push.reason, push.channel, push.outbound_id = PushState.SKIPPED, reason, None, None


def _queue_mass(
    session: Session, campaign: Campaign, pushes: Sequence[Push], openids: dict[int, str]
) -> None:
    first = f"{campaign.id}:mass:{pushes[0].id}"
    payload = {
        "openids": sorted({openids[push.customer_id] for push in pushes}),
        "text": reach.refusable(campaign.text, MASS),
        "clientmsgid": crypto.digest("clientmsgid", first),  # 64 bytes at most
    }
    content = outbox.Content("text", payload)
    row = outbox.queue(
        session, outbox.Recipient(MASS), content, key=f"push:{first}", purpose="push",
        lane=queues.BULK,
    )  # fmt: skip
    for push in pushes:
        push.outbound_id = row.id


def _lock(session: Session, campaign_id: int) -> Campaign:
    wanted = select(Campaign).where(Campaign.id == campaign_id).with_for_update()
    return session.exec(wanted).one()


def _waiting(campaign_id: int, *conditions: ColumnElement[bool]) -> SelectOfScalar[Push]:
    return (
        select(Push)
        .where(
            Push.campaign_id == campaign_id,
            Push.state == PushState.PLANNED,
            col(Push.outbound_id).is_(None),
            *conditions,
        )
        .order_by(col(Push.id))
    )


def _mass_this_month(session: Session, customer_id: int) -> int:
    """How many mass sends of this calendar month reached them, may have, or will."""
    began = local(now()).replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    counted = PushState.PLANNED, PushState.SENT, PushState.UNKNOWN
    wanted = select(func.count()).where(
        Push.customer_id == customer_id,
        Push.channel == MASS,
        col(Push.state).in_(counted),
        col(Push.created_at) >= began,
    )
    return session.exec(wanted).one()
