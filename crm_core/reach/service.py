"""By which channel a message that nobody asked for can reach a customer now, or why by none."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum, auto

from sqlmodel import Session, col, select

from crm_core.clock import now
from crm_core.consents import service as consents
from crm_core.consents.models import Purpose
from crm_core.customers import service as customers
from crm_core.customers.models import Customer, Identity, IdentityKind
from crm_core.inbound.models import Inbound
from crm_core.outbox import service as outbox

# Customer-service messages of an official account: 5 within 48 hours of a message of the follower
# (doc api_sendcustommessage; 20 until 2023-06-12). A click, scan or follow opens 3 for a minute
# only, too short to count on here.
WINDOW = timedelta(hours=48)
MOST_IN_WINDOW = 5
_MARGIN = timedelta(minutes=10)  # what is queued now leaves within it
_SAID = ("text", "voice", "image", "video", "shortvideo", "location", "link")  # open the window

# Advertising must say how to refuse it (广告法 43); a text's own form is the operators'.
_REFUSE = {"sms": "拒收请回复R"}
_REFUSE_BY_CHAT = "\n回复「退订」不再接收此类消息"

_AT_ONCE = 500  # ids in one IN (…)
_VIA = _OA, _SMS = "oa", "sms"  # what customers agree to channel by channel


class WhyNot(StrEnum):
    """Why nobody can be reached."""

    NO_CONSENT = auto()
    NOT_FOLLOWING = auto()  # unsubscribed, and no phone is known
    NO_ADDRESS = auto()  # neither an openid nor a phone was ever known
    BUDGET_USED = auto()  # what the platform allows in this window or month is used up; no phone
    WINDOW_CLOSED = auto()  # follows, but has not written for 48 hours; no phone


@dataclass(frozen=True)
class Way:
    """A channel of the outbox and the openid or phone on it."""

    channel: str  # "oa", "oa_mass", "sms"
    address: str


def way(session: Session, customer_id: int, *, purpose: Purpose = Purpose.SURVEY) -> Way | None:
    """How to reach the customer with one message for `purpose` now; None if not at all."""
    found = find(session, customer_id, purpose=purpose)
    return found if isinstance(found, Way) else None


def find(
    session: Session, customer_id: int, *, purpose: Purpose, mass_left: bool | None = None
) -> Way | WhyNot:
    """How to reach the customer with one message for `purpose` now, or why not.

    A customer-service message inside the window, else a mass send, else a text message. Only who
    gathers recipients of a mass send says whether the month's (4 a follower) are used up:
    `mass_left`; None is no mass send, as for surveys.
    """
    agreed = {via for via in _VIA if consents.holds(session, customer_id, purpose, via=via)}
    if not agreed:
        return WhyNot.NO_CONSENT
    openid = (
        customers.address(session, customer_id, IdentityKind.OA_OPENID) if _OA in agreed else ""
    )
    closed = _closed(session, customer_id) if openid else None
    if openid and closed is None:
        return Way("oa", openid)
    if openid and mass_left:
        return Way("oa_mass", openid)
    phone = by_phone(session, customer_id)
    if phone and _SMS in agreed:
        return phone
    if phone or _OA not in agreed:
        return closed or WhyNot.NO_CONSENT  # the way that is left is one they do not want
    return _why_not(session, customer_id, closed, mass_left=mass_left)


def refusable(text: str, channel: str) -> str:
    """The text as it arrives: with how to refuse the next one."""
    return text + _REFUSE.get(channel, _REFUSE_BY_CHAT)


def by_phone(session: Session, customer_id: int, *, purpose: Purpose | None = None) -> Way | None:
    """A text message, where a phone is known and the customer agrees to texts for `purpose`."""
    if purpose and not consents.holds(session, customer_id, purpose, via=_SMS):
        return None
    customer = session.get(Customer, customer_id)
    return Way(_SMS, customer.phone) if customer and customer.phone else None


def openids(session: Session, customer_ids: Sequence[int]) -> dict[int, str]:
    """The openids of those who follow the account, by customer; the latest of each."""
    found: dict[int, str] = {}
    for ids in _portions(customer_ids):
        wanted = select(Identity).where(
            col(Identity.customer_id).in_(ids),
            Identity.kind == IdentityKind.OA_OPENID,
            col(Identity.following),
        )
        for identity in session.exec(wanted.order_by(col(Identity.id))):
            found[identity.customer_id] = identity.value
    return found


def _closed(session: Session, customer_id: int) -> WhyNot | None:
    """Why no customer-service message may be sent now; None if one may."""
    wrote_at = _wrote_at(session, customer_id)
    if wrote_at is None or wrote_at + WINDOW - _MARGIN <= now():
        return WhyNot.WINDOW_CLOSED
    if outbox.sent_since(session, customer_id, "oa", wrote_at) >= MOST_IN_WINDOW:
        return WhyNot.BUDGET_USED
    return None


def _wrote_at(session: Session, customer_id: int) -> datetime | None:
    by_them = (
        Inbound.customer_id == customer_id,
        Inbound.channel == "oa",
        col(Inbound.kind).in_(_SAID),
    )
    latest = select(Inbound.sent_at).where(*by_them).order_by(col(Inbound.sent_at).desc())
    return session.exec(latest.limit(1)).first()


def _why_not(
    session: Session, customer_id: int, closed: WhyNot | None, *, mass_left: bool | None
) -> WhyNot:
    if closed is not None:
        return closed if mass_left is None else WhyNot.BUDGET_USED
    ever = Identity.customer_id == customer_id, Identity.kind == IdentityKind.OA_OPENID
    known = session.exec(select(Identity.id).where(*ever).limit(1)).first()
    return WhyNot.NO_ADDRESS if known is None else WhyNot.NOT_FOLLOWING


def _portions(ids: Sequence[int]) -> Iterable[Sequence[int]]:
    return (ids[start : start + _AT_ONCE] for start in range(0, len(ids), _AT_ONCE))
