"""The facts that `state` expects: what the database holds after a turn, by name."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sqlmodel import Session, SQLModel, col, select

from crm_core.alerts.models import Alert
from crm_core.audit.models import AuditEntry
from crm_core.authz import Permission, system
from crm_core.campaigns.models import Push
from crm_core.consents import service as consents
from crm_core.consents.models import Purpose
from crm_core.conversations.models import Conversation
from crm_core.customers import service as customers
from crm_core.customers.models import Customer, Identity, IdentityKind
from crm_core.follow_ups.models import FollowUp, FollowUpState, TryOn
from crm_core.inbound.models import Inbound
from crm_core.orders.models import Order
from crm_core.outbox.models import Outbound, OutboundState
from crm_core.points import service as points
from crm_core.points.models import PointsEntry
from crm_core.polls.models import Ballot, Poll, PollOption
from crm_core.preferences import service as preferences
from crm_core.ratings.models import Rating, Survey
from crm_core.segments import service as segments
from crm_core.staff import service as staff
from crm_core.stores import service as stores
from crm_core.tickets.models import Ticket

BEFORE = "before the scenario"  # why an old order is not followed by a survey

_US = system("scenario")


@dataclass(frozen=True)
class Whose:
    """Of whom a fact is asked: a customer, a member of staff, or (neither) everybody."""

    customer_id: int | None = None
    staff_id: int | None = None


class OfWhom(Exception):
    """The fact is about one customer, and none was named."""


Fact = Callable[[Session, Whose], Any]
Rows = list[dict[str, Any]]


def read(session: Session, name: str, whose: Whose) -> Any:
    """What the database holds.

    Raises:
        OfWhom: the fact is about one customer, and `whose` names none.
    """
    return _FACTS[name](session, whose)


def _customer(session: Session, whose: Whose) -> Customer:
    if whose.customer_id is None:
        raise OfWhom
    heir = customers.heir(session, whose.customer_id)
    return customers.get(session, _US, Permission.CUSTOMER_READ, heir)


def _id(session: Session, whose: Whose) -> int:
    return _customer(session, whose).id


def _column(name: str) -> Fact:
    return lambda session, whose: getattr(_customer(session, whose), name)


def _phone(session: Session, whose: Whose) -> str | None:
    phone = _customer(session, whose).phone
    return phone.removeprefix("+86") if phone else None


def _assistant(session: Session, whose: Whose) -> str | None:
    found = _customer(session, whose).assistant_id
    return staff.get(session, found).name if found else None


def _store(session: Session, whose: Whose) -> str | None:
    found = _customer(session, whose).store_id
    return stores.get(session, found).name if found else None


def _following(session: Session, whose: Whose) -> bool:
    address = customers.address(session, _id(session, whose), IdentityKind.OA_OPENID)
    return address is not None


def _cards(session: Session, whose: Whose) -> list[str]:
    theirs = Identity.customer_id == _id(session, whose), Identity.kind == IdentityKind.CARD
    return [row.value for row in session.exec(select(Identity).where(*theirs))]


def _standing(name: str) -> Fact:
    return lambda session, whose: getattr(points.standing(session, _US, _id(session, whose)), name)


def _known(name: str) -> Fact:
    return lambda session, whose: getattr(
        preferences.current(session, _US, _id(session, whose)), name
    )


def _consents(session: Session, whose: Whose) -> dict[str, bool]:
    customer_id = _id(session, whose)
    return {str(purpose): consents.holds(session, customer_id, purpose) for purpose in Purpose}


def _segment(session: Session, whose: Whose) -> str | None:
    customer_id = _id(session, whose)
    return segments.of_customer(session, _US, customer_id).life_cycle


def _handed_over(session: Session, whose: Whose) -> bool:
    theirs = select(Conversation).where(Conversation.customer_id == _id(session, whose))
    found = session.exec(theirs).one_or_none()
    return found is not None and found.handed_over_at is not None


def _rows(model: type[SQLModel], *fields: str) -> Fact:
    """The rows of a customer, or all, oldest first, with some of their columns."""

    def rows(session: Session, whose: Whose) -> Rows:
        wanted = select(model).order_by(col(model.id))  # type: ignore[attr-defined]
        if whose.customer_id is not None:
            wanted = wanted.where(model.customer_id == _id(session, whose))  # type: ignore[attr-defined]
        if whose.staff_id is not None and hasattr(model, "staff_id"):
            wanted = wanted.where(model.staff_id == whose.staff_id)
        return [{name: getattr(row, name) for name in fields} for row in session.exec(wanted)]

    return rows


def _with_owner(model: type[SQLModel], *fields: str) -> Fact:
    listed = _rows(model, "owner_id", *fields)

    def rows(session: Session, whose: Whose) -> Rows:
        found: Rows = listed(session, whose)
        for row in found:
            owner = row.pop("owner_id")
            row["owner"] = staff.get(session, owner).name if owner else None
        return found

    return rows


def _follow_ups(session: Session, whose: Whose) -> Rows:
    rows: Rows = _rows(FollowUp, "what", "due_on", "state", "result")(session, whose)
    return [row for row in rows if row["state"] is FollowUpState.OPEN]


def _surveys(session: Session, whose: Whose) -> Rows:
    rows: Rows = _rows(Survey, "state", "reason")(session, whose)
    return [row for row in rows if row["reason"] != BEFORE]


def _ballots(session: Session, whose: Whose) -> dict[str, str]:
    """The option chosen, by the title of the poll."""
    wanted = (
        select(Poll.title, PollOption.title)
        .join(Ballot, col(Ballot.poll_id) == col(Poll.id))
        .join(PollOption, col(PollOption.id) == col(Ballot.option_id))
        .where(Ballot.customer_id == _id(session, whose))
    )
    return dict(session.exec(wanted).all())


def _polls(session: Session, _: Whose) -> dict[str, dict[str, Any]]:
    """The votes of every option, and the state, by the title of the poll."""
    found: dict[str, dict[str, Any]] = {}
    for poll in session.exec(select(Poll)):
        listed = session.exec(select(PollOption).where(PollOption.poll_id == poll.id)).all()
        ballots = session.exec(select(Ballot.option_id).where(Ballot.poll_id == poll.id)).all()
        votes: dict[str, Any] = {one.title: ballots.count(one.id) for one in listed}
        found[poll.title] = {"state": poll.state, **votes}
    return found


def _inbound(session: Session, _: Whose) -> int:
    return len(session.exec(select(Inbound.id)).all())


def _sent(session: Session, _: Whose) -> dict[str, int]:
    """How many messages went out, by what for."""
    sent = select(Outbound.purpose).where(
        Outbound.state == OutboundState.SENT,
        Outbound.attempts > 0,  # what history said was not sent by us
    )
    return dict(Counter(session.exec(sent)))


def _refusals(session: Session, _: Whose) -> int:
    return len(session.exec(select(AuditEntry.id).where(col(AuditEntry.refused))).all())


_FACTS: dict[str, Fact] = {
    "name": _column("name"),
    "phone": _phone,
    "cards": _cards,
    "birthday": _column("birthday"),
    "tier": _column("tier"),
    "member": lambda session, whose: _customer(session, whose).member_since is not None,
    "following": _following,
    "assistant": _assistant,
    "store": _store,
    "points": _standing("available"),
    "points_held": _standing("held"),
    "points_history": _rows(PointsEntry, "delta", "cause", "note"),
    "sizes": _known("sizes"),
    "styles": _known("styles"),
    "tags": _known("tags"),
    "body": _known("body"),
    "notes": _known("notes"),
    "consents": _consents,
    "segment": _segment,
    "handed_over": _handed_over,
    "orders": _rows(Order, "order_no", "state", "total_fen"),
    "ballots": _ballots,
    "polls": _polls,
    "tickets": _with_owner(Ticket, "number", "type", "state", "priority", "description"),
    "ratings": _rows(Rating, "aspect", "score", "words"),
    "surveys": _surveys,
    "alerts": _with_owner(Alert, "kind", "state"),
    "follow_ups": _follow_ups,
    "try_ons": _rows(TryOn, "product_name", "size", "reason"),
    "pushes": _rows(Push, "state", "channel", "reason"),
    "inbound": _inbound,
    "sent": _sent,
    "refusals": _refusals,
}
NAMES = tuple(_FACTS)
