"""Customers whom another system sends: found by any of their identities, else added."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from sqlmodel import Session

from crm_core.audit import service as audit
from crm_core.authz import Actor, Permission
from crm_core.clock import now
from crm_core.customers import service as customers
from crm_core.customers.models import Customer, IdentityKind
from crm_core.customers.service import IdentityTaken
from crm_core.entry import service as entry
from crm_core.merging import recognising
from crm_core.merging.recognising import Seen

_MEMBERS = {IdentityKind.PHONE, IdentityKind.CARD}


@dataclass(frozen=True)
class Identified:
    """One identity as the other system knows it; a phone as E.164."""

    kind: IdentityKind
    value: str
    account: str = ""
    verified: bool = False


@dataclass(frozen=True)
class Enrolment:
    identities: Sequence[Identified]  # at least one
    fields: Mapping[str, str] = field(default_factory=dict)  # as `entry` names them
    store_id: int | None = None
    assistant_id: int | None = None
    source: str = "api"


def enrol(session: Session, actor: Actor, new: Enrolment, *, ref: str) -> tuple[Customer, bool]:
    """The customer with these identities, brought up to date; and whether they were added.

    Repeating changes nothing.

    Raises:
        Forbidden: the actor may not.
        IdentityTaken: the identities are on several records, and the rules do not let them join.
        BadEntries: a field cannot be; nothing is kept.
        ValueError: there is no identity; edges validate first.
    """
    actor.require(Permission.CUSTOMER_WRITE)
    customer, is_new = _found_or_added(session, actor, new, ref)
    customer = customers.lock(session, actor, Permission.CUSTOMER_WRITE, customer.id)
    for known in new.identities:
        customers.identify(
            session, customer, known.kind, known.value,
            account=known.account, source=new.source, verified=known.verified,
        )  # fmt: skip
    _place(session, customer, new)
    phone = next((x.value for x in new.identities if x.kind is IdentityKind.PHONE), None)
    given = {"phone": phone, **new.fields} if phone and not customer.phone else dict(new.fields)
    if given:
        entry.enter(session, actor, customer.id, given, source=new.source, ref=ref)
    if is_new:
        audit.record(session, actor, "customer:enrol", f"customer:{customer.id}", source=new.source)
    return customer, is_new


def _found_or_added(
    session: Session, actor: Actor, new: Enrolment, ref: str
) -> tuple[Customer, bool]:
    if not new.identities:
        raise ValueError(new)
    holders = {
        holder.id: holder
        for known in new.identities
        if (holder := customers.by_identity(session, known.kind, known.value, known.account))
    }
    if len(holders) > 1:
        seen = [Seen(x.kind, x.value, x.account, x.verified) for x in new.identities]
        if (joined := recognising.make_one(session, actor, seen, ref=ref)) is None:
            raise IdentityTaken(len(holders))
        return joined, False
    if holders:
        return next(iter(holders.values())), False
    first = new.identities[0]
    return customers.arrive(
        session, first.kind, first.value, account=first.account, source=new.source
    )


def _place(session: Session, customer: Customer, new: Enrolment) -> None:
    """Which shop and assistant look after them, and since when they are a member."""
    customer.store_id = new.store_id or customer.store_id
    customer.assistant_id = new.assistant_id or customer.assistant_id
    if customer.member_since is None and any(x.kind in _MEMBERS for x in new.identities):
        customer.member_since = now()
    session.add(customer)
    session.flush()
