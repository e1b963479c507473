"""Campaigns: one text to many, to each at most once, by a channel that can reach them."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256

from sqlalchemy.exc import IntegrityError
from sqlmodel import Session, col, func, select

from crm_core import queues
from crm_core.audit import service as audit
from crm_core.authz import Actor, Forbidden, Permission
from crm_core.campaigns import jobs, outcome, sending
from crm_core.campaigns.models import Campaign, Push, PushState
from crm_core.clock import today
from crm_core.customers import service as customers
from crm_core.customers.models import Customer
from crm_core.customers.scope import within
from crm_core.db import after_commit
from crm_core.errors import CrmError, Kind
from crm_core.reach.service import Way
from crm_core.segments import service as segments

delivered = outcome.delivered  # the outbox's listener for "push"
objection = outcome.objection  # and its guard

SAME_ADDRESS = "same_address"  # another of the recipients has it too: one message serves both
MOST_TEXT = 500  # characters; with the way to refuse it stays below WeChat's 2048 bytes


class CampaignNotFound(CrmError):
    code = "campaign_not_found"
    kind = Kind.NOT_FOUND


class CampaignConflict(CrmError):
    """The key belongs to a campaign with another text or segment."""

    code = "campaign_conflict"


class BadPushText(CrmError):
    """There is no text, or it is longer than a message may be."""

    code = "bad_push_text"
    kind = Kind.INVALID


@dataclass(frozen=True)
class Plan:
    """What sending would do: to how many, by which channel, and why the others are skipped."""

    total: int
    channels: dict[str, int]
    skipped: dict[str, int]


@dataclass(frozen=True)
class Unsent:
    """One customer who got nothing, or perhaps nothing."""

    customer: str  # masked
    state: PushState
    reason: str


@dataclass(frozen=True)
class Results:
    campaign: Campaign
    counts: dict[tuple[str, PushState], int]  # by channel ("" where skipped) and state
    unsent: list[Unsent]


def plan(session: Session, actor: Actor, segment: str, text: str) -> Plan:
    """A dry run of `send`; nothing is written.

    Raises:
        Forbidden: the actor may not send campaigns.
        UnknownSegment: there is no such segment.
        BadPushText: the text is empty or too long.
    """
    actor.require(Permission.CAMPAIGN_SEND)
    _checked(text)
    members = segments.members(session, actor, segment)
    found: list[Way | str] = [sending.choose(session, one) for one in members]
    if len({way for way in found if _is_mass(way)}) < sending.LEAST_AT_ONCE:
        found = [
            sending.instead_of_mass(session, one) if _is_mass(way) else way
            for one, way in zip(members, found, strict=True)
        ]
    ways = [way for way in found if isinstance(way, Way)]
    channels = Counter(way.channel for way in set(ways))  # one address gets one message
    skipped = Counter(str(why) for why in found if not isinstance(why, Way))
    skipped[SAME_ADDRESS] = len(ways) - len(set(ways))
    return Plan(len(members), dict(channels), dict(+skipped))


def send(
    session: Session, actor: Actor, segment: str, text: str, *, key: str | None = None
) -> Campaign:
    """Send `text` to a segment as it is now, by default once a day under the same words.

    Raises:
        Forbidden: the actor may not send campaigns.
        UnknownSegment: there is no such segment.
        BadPushText: the text is empty or too long.
        CampaignConflict: `key` belongs to a campaign with another text or segment.
    """
    actor.require(Permission.CAMPAIGN_SEND)
    members = segments.members(session, actor, segment)
    return send_to(
        session, actor, members, text, key=key or _default_key(segment, text), segment=segment
    )


def send_to(
    session: Session,
    actor: Actor,
    customer_ids: Sequence[int],
    text: str,
    *,
    key: str,
    segment: str = "",
    permission: Permission = Permission.CAMPAIGN_SEND,
) -> Campaign:
    """Send `text` to these customers within their consent; workers do it after the commit.

    A repeat of `key` returns the first campaign and changes nothing. `permission` is what
    entitles the actor; staff of a shop write to customers in their own scope only.

    Raises:
        Forbidden: the actor may not, or a customer is out of its scope.
        BadPushText: the text is empty or too long.
        CampaignConflict: `key` belongs to a campaign with another text or segment.
    """
    actor.require(permission)
    wanted = Campaign(key=key, segment=segment, text=_checked(text), created_by=actor.name)
    if known := _with_key(session, wanted):
        return known
    recipients = list(dict.fromkeys(customer_ids))
    _require_scope(session, actor, recipients)
    try:
        with session.begin_nested():
            session.add(wanted)
            session.flush()
    except IntegrityError:  # somebody else was first
        known = _with_key(session, wanted)
        assert known is not None
        return known
    session.add_all(Push(campaign_id=wanted.id, customer_id=one) for one in recipients)
    audit.record(
        session, actor, "campaign:send", f"campaign:{wanted.id}", segment=segment,
        recipients=len(recipients),
    )  # fmt: skip
    after_commit(session, jobs.dispatch, wanted.id, queue=queues.BULK)
    return wanted


def results(session: Session, actor: Actor, campaign_id: int, *, limit: int | None = 50) -> Results:
    """How a campaign went, and who got nothing and why (`limit` of them; None is all).

    Raises:
        Forbidden: the actor may not send campaigns.
        CampaignNotFound: there is no such campaign.
    """
    actor.require(Permission.CAMPAIGN_SEND)
    if (campaign := session.get(Campaign, campaign_id)) is None:
        raise CampaignNotFound(campaign_id, number=campaign_id)
    by = col(Push.channel), col(Push.state)
    counted = select(*by, func.count()).where(Push.campaign_id == campaign_id).group_by(*by)
    counts = {(channel or "", state): number for channel, state, number in session.exec(counted)}
    unsent = (
        select(Push, Customer)
        .join(Customer, col(Customer.id) == col(Push.customer_id))
        .where(Push.campaign_id == campaign_id, Push.state != PushState.SENT)
        .order_by(col(Push.state), col(Push.reason), col(Push.id))
    )
    rows = session.exec(unsent if limit is None else unsent.limit(limit)).all()
    return Results(
        campaign, counts, [Unsent(customers.masked(who), p.state, p.reason) for p, who in rows]
    )


def latest(session: Session, actor: Actor, *, limit: int = 10) -> Sequence[Campaign]:
    """The newest campaigns, newest first.

    Raises:
        Forbidden: the actor may not send campaigns.
    """
    actor.require(Permission.CAMPAIGN_SEND)
    newest = select(Campaign).order_by(col(Campaign.id).desc()).limit(limit)
    return session.exec(newest).all()


def _is_mass(found: Way | str) -> bool:
    return isinstance(found, Way) and found.channel == sending.MASS


def _checked(text: str) -> str:
    stripped = text.strip()
    if not 0 < len(stripped) <= MOST_TEXT:
        raise BadPushText(len(stripped), most=MOST_TEXT)
    return stripped


def _default_key(segment: str, text: str) -> str:
    same = sha256(f"{segment}\0{text.strip()}".encode()).hexdigest()[:24]
    return f"{today()}:{same}"


def _with_key(session: Session, wanted: Campaign) -> Campaign | None:
    known = session.exec(select(Campaign).where(Campaign.key == wanted.key)).one_or_none()
    if known and (known.text, known.segment) != (wanted.text, wanted.segment):
        raise CampaignConflict(wanted.key, key=wanted.key)
    return known


def _require_scope(session: Session, actor: Actor, customer_ids: Sequence[int]) -> None:
    """Headquarters write to everybody, staff of a shop to those they see."""
    if actor.everywhere:
        return
    seen = set(session.exec(select(Customer.id).where(within(actor))))
    if not seen.issuperset(customer_ids):
        raise Forbidden(actor.name, Permission.CAMPAIGN_SEND.value)
