"""Taking in a person with all they are known by: found again, joined where the rules say so."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from sqlmodel import Session

from crm_core.audit import service as audit
from crm_core.authz import Actor, Permission, system
from crm_core.customers import identities
from crm_core.customers import service as customers
from crm_core.customers.models import Customer, IdentityKind
from crm_core.lineage import service as lineage
from crm_core.merging import candidates, joins, pairs, service
from crm_core.merging.joins import Does
from crm_core.merging.models import DuplicatePair


@dataclass(frozen=True)
class Seen:
    """One identity as a source names it, checked by the source or not."""

    kind: IdentityKind
    value: str  # a phone as E.164
    account: str = ""
    verified: bool = False


@dataclass(frozen=True)
class Person:
    """What a source says of somebody; None where it says nothing."""

    known_by: tuple[Seen, ...] = ()
    phone: str | None = None  # E.164; may be nobody's yet, or somebody else's
    name: str | None = None
    birthday: str | None = None  # "1992-05-04"
    address: str | None = None
    city: str | None = None


@dataclass(frozen=True)
class Recognised:
    customer: Customer
    is_new: bool
    merged: list[str] = field(default_factory=list)  # why each other record was joined
    suggested: list[DuplicatePair] = field(default_factory=list)


def take_in(
    session: Session,
    actor: Actor,
    person: Person,
    *,
    source: str,
    ref: str,
    look_for_more: bool = True,
) -> Recognised:
    """The record of this person: found by what the rules let join, else a new one.

    Records that share such an identity become one, unless somebody said that they are two. An
    identity that is another's and does not join is left there. Who else may be this person goes
    on the review list, at once or, for many at a time, by `duplicates.scan`. Safe to repeat.

    Raises:
        Forbidden: the actor may not change customers.
        ValueError: there is no identity at all; edges validate first.
    """
    actor.require(Permission.CUSTOMER_WRITE)
    if not (seen := _seen(person)):
        raise ValueError(person)
    holders = _holders(session, person, seen)
    is_new = not holders
    customer = _add(session) if is_new else holders[0][0]
    customers.lock(session, actor, Permission.CUSTOMER_WRITE, customer.id)
    merged = _join(session, actor, customer, holders[1:], ref)
    said = _fill(session, customer, person, seen)
    lineage.said(session, actor, customer, said, source=source, ref=ref)
    _identify(session, customer, seen, source)
    likely = candidates.of_one(session, customer.id) if look_for_more else ()
    suggested = pairs.propose(session, likely)
    if is_new:
        audit.record(session, actor, "customer:take_in", f"customer:{customer.id}", source=source)
    return Recognised(customer, is_new, merged, suggested)


def make_one(session: Session, actor: Actor, seen: Sequence[Seen], *, ref: str) -> Customer | None:
    """The one record that these identities stand on, joined now if each of them lets join.

    None where one of them is somebody else's by the rules, or nobody has any. Safe to repeat.

    Raises:
        Forbidden: the actor may not change customers.
    """
    actor.require(Permission.CUSTOMER_WRITE)
    rows = [identities.find(session, one.kind, one.value, one.account) for one in seen]
    everyone = {row.customer_id for row in rows if row is not None}
    holders = _holders(session, Person(tuple(seen)), seen)
    if not holders or {holder.id for holder, _ in holders} != everyone:
        return None
    customer = holders[0][0]
    if any(pairs.are_two(session, customer.id, one) for one in everyone - {customer.id}):
        return None
    _join(session, actor, customer, holders[1:], ref)
    return customer


def _seen(person: Person) -> list[Seen]:
    phone = person.phone
    named = {one.value for one in person.known_by if one.kind is IdentityKind.PHONE}
    if phone is None or phone in named:
        return list(person.known_by)
    return [*person.known_by, Seen(IdentityKind.PHONE, phone)]


_Holder = tuple[Customer, joins.Row]


def _holders(session: Session, person: Person, seen: Sequence[Seen]) -> list[_Holder]:
    """Whose these identities are by the rules, the record that is to stay first."""
    found: dict[Does, dict[int, _Holder]] = {does: {} for does in Does}
    for one in seen:
        known = identities.find(session, one.kind, one.value, one.account)
        if known is not None:
            row = joins.decide(one.kind, verified=one.verified and known.verified)
            holder = session.get_one(Customer, known.customer_id)
            found[row.does].setdefault(holder.id, (holder, row))
    same = dict(list(found[Does.FIND].items())[:1]) | found[Does.JOIN]
    namesakes = [each for each in found[Does.SUGGEST].values() if _is_namesake(person, *each)]
    return sorted(same.values(), key=lambda each: service.seniority(each[0])) or namesakes[:1]


def _is_namesake(person: Person, holder: Customer, row: joins.Row) -> bool:
    """The same source says the same of the same person again: phone and full name agree."""
    is_phone = row.kind == IdentityKind.PHONE
    return is_phone and person.name is not None and person.name == holder.name


def _join(
    session: Session,
    actor: Actor,
    customer: Customer,
    others: Sequence[_Holder],
    ref: str,
) -> list[str]:
    by_rule = replace(system("rules"), name=actor.name)  # the table decides, not the actor
    why = []
    for other, row in others:
        if pairs.are_two(session, customer.id, other.id):
            continue
        each = f"{ref}:{other.id}"
        service.merge(session, by_rule, other.id, customer.id, rule=row.rule, ref=each)
        why.append(row.why)
    return why


def _fill(
    session: Session, customer: Customer, person: Person, seen: Sequence[Seen]
) -> dict[str, str | None]:
    """Only what the record does not say yet: this source may be the one that errs.

    Returns all that it says.
    """
    phones = (one.value for one in seen if one.kind is IdentityKind.PHONE)
    given = {
        "name": person.name,
        "phone": next(phones, None),
        "birthday": person.birthday,
        "address": person.address,
    }
    gaps = {name: value for name, value in given.items() if getattr(customer, name) is None}
    customer.city = customer.city or person.city
    customers.describe(session, customer, **gaps)
    return {**given, "city": person.city}


def _identify(session: Session, customer: Customer, seen: Sequence[Seen], source: str) -> None:
    for one in seen:
        if _may_have(session, customer, one):
            customers.identify(
                session, customer, one.kind, one.value,
                account=one.account, source=source, verified=one.verified,
            )  # fmt: skip


def _may_have(session: Session, customer: Customer, one: Seen) -> bool:
    """Whether it is nobody else's; who has it verified takes it from who only said so."""
    known = identities.find(session, one.kind, one.value, one.account)
    if known is None or known.customer_id == customer.id:
        return True
    if not one.verified or known.verified:
        return False
    known.customer_id = customer.id
    session.flush()
    return True


def _add(session: Session) -> Customer:
    customer = Customer()
    session.add(customer)
    session.flush()
    return customer
