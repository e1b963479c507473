"""Customers as another system knows them: found again by card, phone or openid, and updated."""

from dataclasses import dataclass
from datetime import date

from sqlmodel import Session

from crm_core.audit import service as audit
from crm_core.authz import Actor, Permission
from crm_core.clock import now
from crm_core.customers import held, index
from crm_core.customers import service as customers
from crm_core.customers.claims import Claim
from crm_core.customers.models import Customer, IdentityKind
from crm_core.customers.service import IdentityTaken
from crm_core.lineage import service as lineage
from crm_core.saving import Change
from crm_core.settings import settings

SOURCE = "import"


@dataclass(frozen=True)
class Record:
    """One customer; None where the other system says nothing, which changes nothing."""

    card_no: str | None = None
    phone: str | None = None  # E.164
    openid: str | None = None  # of this installation's official account
    name: str | None = None
    birthday: date | None = None
    tier: str | None = None  # a level of the shop's own set
    city: str | None = None
    store_id: int | None = None
    assistant_id: int | None = None


def put(session: Session, actor: Actor, record: Record) -> tuple[Customer, Change]:
    """Add the customer, or bring the one with this card, phone or openid up to date.

    Repeating changes nothing.

    Raises:
        Forbidden: the actor may not set up the shop.
        IdentityTaken: card, phone and openid are not one person's.
        ValueError: there is nothing to know the customer by; edges validate first.
    """
    actor.require(Permission.SETUP_WRITE)
    found = find(session, record)
    customer = found or _add(session)
    customers.lock(session, actor, Permission.CUSTOMER_WRITE, customer.id)
    _take_back(session, actor, customer, record)
    changed = _identify(session, customer, record) + _fill(session, customer, record)
    lineage.said(session, actor, customer, _said(record), source=SOURCE, ref=SOURCE)
    if found and not changed:
        return customer, Change.SAME
    customer.member_since = customer.member_since or now()
    session.add(customer)
    session.flush()
    audit.record(
        session, actor, "customer:take_over", f"customer:{customer.id}", fields=sorted(changed)
    )
    return customer, Change.CHANGED if found else Change.ADDED


def find(session: Session, record: Record) -> Customer | None:
    """Whose card, phone and openid these are. Who only typed a number in chat is not its owner.

    Raises:
        IdentityTaken: they are not one person's.
        ValueError: there is none of them.
    """
    if not (known_by := _known_by(record)):
        raise ValueError(record)
    holders = {
        holder.id: holder
        for kind, value, account in known_by
        if (holder := customers.by_identity(session, kind, value, account))
        and not held.is_only_typed(session, Claim(kind, value))
    }
    if len(holders) > 1:
        raise IdentityTaken(len(holders))
    return next(iter(holders.values()), None)


def _said(record: Record) -> dict[str, str | None]:
    """What the other system says, by the codes of the catalogue."""
    return {
        "name": record.name,
        "phone": record.phone,
        "birthday": record.birthday.isoformat() if record.birthday else None,
        "city": record.city,
    }


def _known_by(record: Record) -> list[tuple[IdentityKind, str, str]]:
    named = [
        (IdentityKind.CARD, record.card_no, ""),
        (IdentityKind.PHONE, record.phone, ""),
        (IdentityKind.OA_OPENID, record.openid, settings().oa_appid),
    ]
    return [(kind, value, account) for kind, value, account in named if value]


def _add(session: Session) -> Customer:
    customer = Customer()
    session.add(customer)
    session.flush()
    return customer


def _take_back(session: Session, actor: Actor, customer: Customer, record: Record) -> None:
    """What another customer only typed is this one's; what this one typed is vouched for."""
    for kind, value, account in _known_by(record):
        holder = customers.by_identity(session, kind, value, account)
        if holder is not None and holder.id != customer.id:
            held.take_from_typist(session, actor, Claim(kind, value))


def _identify(session: Session, customer: Customer, record: Record) -> list[str]:
    """Add the identities that are new, vouch for the others; returns the kinds of the new ones."""
    added = []
    for kind, value, account in _known_by(record):
        if customers.by_identity(session, kind, value, account) is None:
            added.append(kind.value)
        customers.identify(session, customer, kind, value, account=account, source=SOURCE)
    return added


def _fill(session: Session, customer: Customer, record: Record) -> list[str]:
    """Set what differs; returns the names of those fields."""
    birthday = record.birthday.isoformat() if record.birthday else None
    plain = {
        "birthday": birthday,
        "tier": record.tier,
        "city": record.city,
        "store_id": record.store_id,
        "assistant_id": record.assistant_id,
    }
    given = {name: value for name, value in plain.items() if value is not None}
    changed = [name for name, value in given.items() if getattr(customer, name) != value]
    for name in changed:
        setattr(customer, name, given[name])
    if record.name and record.name != customer.name:
        customers.name_them(session, customer, record.name)
        changed.append("name")
    if record.phone and record.phone != customer.phone:
        customers.give_phone(session, customer, record.phone)
        changed.append("phone")
    index.renew(session, customer)
    return changed
