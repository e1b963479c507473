"""Binding a phone or a card to a customer: whose it is, what proof it takes, taking it back."""

from enum import StrEnum, auto

from sqlalchemy.exc import IntegrityError
from sqlmodel import Session, col, select

from crm_core.audit import service as audit
from crm_core.authz import Actor, Permission
from crm_core.clock import now
from crm_core.customers import held, index, phones, verification
from crm_core.customers import service as customers
from crm_core.customers.claims import Claim
from crm_core.customers.models import Customer, Identity, IdentityKind, SearchKind
from crm_core.errors import CrmError, Kind
from crm_core.lineage import service as lineage
from crm_core.merging.service import merge
from crm_core.timeline import service as timeline
from crm_core.timeline.models import EventKind

_RULE = {IdentityKind.PHONE: "verified_phone", IdentityKind.CARD: "card"}


class Unproven(CrmError):
    """It is on somebody's record, and nothing shows that this is the same person."""

    code = "unproven"
    kind = Kind.FORBIDDEN


class Way(StrEnum):
    """What it takes to bind a phone or card."""

    OWN = auto()  # it is theirs already
    FREE = auto()  # no record has it: kept as typed
    CODE = auto()  # a record has it: a code to the phone on that record shows who they are
    COUNTER = auto()  # a record has it that no code can be sent to: staff look at the card


def bound(session: Session, customer: Customer) -> list[Claim]:
    """The phone and the cards on a record, in the order they came."""
    cards = Identity.customer_id == customer.id, Identity.kind == IdentityKind.CARD
    rows = session.exec(select(Identity).where(*cards).order_by(col(Identity.id)))
    numbers = [Claim(IdentityKind.CARD, row.value) for row in rows]
    return [Claim(IdentityKind.PHONE, customer.phone), *numbers] if customer.phone else numbers


def way(session: Session, actor: Actor, customer_id: int, claim: Claim) -> Way:
    """What it takes for this customer to bind it.

    Raises:
        Forbidden: the actor may not act for this customer.
        CustomerNotFound: there is no such customer.
    """
    customers.get(session, actor, Permission.CUSTOMER_WRITE, customer_id)
    holder = holder_of(session, claim)
    if holder is None:
        return Way.FREE
    if holder.id == customer_id:
        return Way.OWN
    return Way.CODE if _address(session, claim, holder) else Way.COUNTER


def are_one_record(session: Session, one: Claim, other: Claim) -> bool:
    """Whether both stand on the same record, so that one code proves both."""
    first, second = holder_of(session, one), holder_of(session, other)
    return first is not None and first == second


def send_code(session: Session, actor: Actor, customer_id: int, claim: Claim, *, ref: str) -> str:
    """Send a code to the phone on the record that has it; returns that phone, masked.

    A repeated `ref` sends nothing.

    Raises:
        Forbidden: the actor may not act for this customer.
        CustomerNotFound: there is no such customer.
        TooManyCodes: one was sent a moment ago, or enough today.
        Unproven: no code can be sent.
    """
    holder = holder_of(session, claim)
    to = _address(session, claim, holder) if holder else None
    if holder is None or to is None:
        raise Unproven(claim.kind.value)
    verification.send(session, actor, customer_id, holder.id, to, ref=ref)
    return phones.mask(to)


def is_proven(session: Session, customer_id: int, claim: Claim) -> bool:
    """Whether this customer has just proven to be the person of the record that has it."""
    holder = holder_of(session, claim)
    return holder is not None and verification.is_proven(session, customer_id, holder.id)


def bind(session: Session, actor: Actor, customer_id: int, claim: Claim, *, ref: str) -> Customer:
    """Bind a phone or card; returns the record, which is another one where two were joined.

    The caller records the consent. Safe to repeat: what is bound stays so.

    Raises:
        Forbidden: the actor may not act for this customer.
        CustomerNotFound: there is no such customer.
        Unproven: it is on somebody else's record.
    """
    customer = customers.get(session, actor, Permission.CUSTOMER_WRITE, customer_id)
    holder = holder_of(session, claim)
    if holder is None:
        return _keep(session, actor, customer, claim, ref)
    if holder.id == customer_id:
        return customer
    if not verification.is_proven(session, customer_id, holder.id):
        raise Unproven(claim.kind.value)
    if held.is_only_typed(session, claim):
        held.release(session, holder, claim)
    else:
        customer = merge(session, actor, customer_id, holder.id, rule=_RULE[claim.kind], ref=ref)
    kept = _keep(session, actor, customer, claim, ref, joined=customer.id != customer_id)
    customers.verify(session, claim.kind, claim.value)
    return kept


def undo(session: Session, actor: Actor, customer_id: int, ref: str) -> bool:
    """Take back a binding; False if it joined two records, which staff can part, or was none.

    Safe to repeat.

    Raises:
        Forbidden: the actor may not act for this customer.
        CustomerNotFound: there is no such customer.
    """
    customer = customers.lock(session, actor, Permission.CUSTOMER_WRITE, customer_id)
    event = timeline.find(session, customer_id, EventKind.BOUND, ref)
    if event is None or event.data is None or event.data["joined"]:
        return False
    claim = Claim(IdentityKind(event.data["what"]), event.data["value"])
    if claim in bound(session, customer):
        held.release(session, customer, claim)
        earlier = event.data["instead_of"]
        if earlier and holder_of(session, Claim(IdentityKind.PHONE, earlier)) is None:
            _write(session, customer, Claim(IdentityKind.PHONE, earlier))
        audit.record(session, actor, "customer:unbind", f"customer:{customer_id}")
    return True


def holder_of(session: Session, claim: Claim) -> Customer | None:
    """Whose it is. A record may have a phone that nobody has come by yet."""
    if known := customers.by_identity(session, claim.kind, claim.value):
        return known
    if claim.kind is not IdentityKind.PHONE:
        return None
    ids = index.matching(session, [(SearchKind.PHONE_TAIL, phones.tail(claim.value))])
    near = session.exec(
        select(Customer).where(col(Customer.id).in_(ids)).order_by(col(Customer.id))
    )
    return next((one for one in near if one.phone == claim.value), None)


def _address(session: Session, claim: Claim, holder: Customer) -> str | None:
    """Where a code proves it. The phone of somebody who only typed a card proves nothing."""
    if claim.kind is IdentityKind.PHONE:
        return claim.value
    return None if held.is_only_typed(session, claim) else holder.phone


def _keep(
    session: Session,
    actor: Actor,
    customer: Customer,
    claim: Claim,
    ref: str,
    *,
    joined: bool = False,
) -> Customer:
    """Write it on the record; the caller has checked that it may."""
    instead_of = customer.phone if claim.kind is IdentityKind.PHONE else None
    try:
        with session.begin_nested():
            _write(session, customer, claim)
    except (IntegrityError, customers.IdentityTaken):  # somebody else was first
        raise Unproven(claim.kind.value) from None
    timeline.add(
        session, customer.id, EventKind.BOUND, ref=ref, what=claim.kind.value, value=claim.value,
        instead_of=instead_of, joined=joined,
    )  # fmt: skip
    if claim.kind is IdentityKind.PHONE:
        lineage.entered(session, actor, customer, "phone", claim.value, before=instead_of, ref=ref)
    audit.record(
        session, actor, "customer:bind", f"customer:{customer.id}", kind=claim.kind.value,
        joined=joined,
    )  # fmt: skip
    return customer


def _write(session: Session, customer: Customer, claim: Claim) -> None:
    if claim.kind is IdentityKind.PHONE:
        _forget_phones(session, customer, but=claim)
        customers.give_phone(session, customer, claim.value)
    customers.identify(session, customer, claim.kind, claim.value, source=customers.TYPED)
    customer.member_since = customer.member_since or now()
    session.flush()


def _forget_phones(session: Session, customer: Customer, *, but: Claim) -> None:
    """A number that was given up may be somebody else's tomorrow."""
    theirs = Identity.customer_id == customer.id, Identity.kind == IdentityKind.PHONE
    for identity in session.exec(select(Identity).where(*theirs)).all():
        if identity.value != but.value:
            session.delete(identity)
    session.flush()
