"""Customers: who they are, who may see or change them, and how staff find them."""

from collections.abc import Sequence

from sqlalchemy import insert, true
from sqlalchemy.exc import IntegrityError
from sqlmodel import Session, col, select

from crm_core import crypto
from crm_core.audit import reads
from crm_core.authz import Actor, Permission
from crm_core.clock import now
from crm_core.customers import finding, identities, index, names, phones, scope
from crm_core.customers.models import Customer, Identity, IdentityKind
from crm_core.errors import CrmError, Kind

TYPED = "chat"  # the source of identities that nobody has checked


_INSERT_CUSTOMER = insert(Customer.__table__)  # type: ignore[attr-defined]
_INSERT_IDENTITY = insert(Identity.__table__)  # type: ignore[attr-defined]


class CustomerNotFound(CrmError):
    """There is no such customer, or the actor may not know that there is."""

    code = "customer_not_found"
    kind = Kind.NOT_FOUND


def get(session: Session, actor: Actor, permission: Permission, customer_id: int) -> Customer:
    """The customer, for reading, if the actor may.

    Raises:
        Forbidden: the actor lacks the permission, or the customer is out of its scope.
        CustomerNotFound: there is no such customer.
    """
    actor.require(permission)
    customer = session.get(Customer, customer_id)
    if customer is None or customer.joined_into is not None:
        raise CustomerNotFound(customer_id)
    actor.require(permission, customer)
    if permission is Permission.CUSTOMER_READ:
        reads.read(session, actor, customer_id)
    return customer


def lock(session: Session, actor: Actor, permission: Permission, customer_id: int) -> Customer:
    """The customer, for writing: other writers wait until this transaction ends.

    Raises:
        Forbidden: the actor lacks the permission, or the customer is out of its scope.
        CustomerNotFound: there is no such customer.
    """
    actor.require(permission)
    wanted = select(Customer).where(Customer.id == customer_id).with_for_update()
    customer = session.exec(wanted.execution_options(populate_existing=True)).one_or_none()
    if customer is None or customer.joined_into is not None:
        raise CustomerNotFound(customer_id)
    actor.require(permission, customer)
    return customer


def find(
    session: Session,
    actor: Actor,
    *,
    name: str | None = None,
    phone_tail: str | None = None,
    phone: str | None = None,
) -> Sequence[Customer]:
    """Customers in the actor's scope who fit all that is given, oldest first.

    `name` is as said (「王女士」, 「张晓梅」); `phone_tail` four digits; `phone` E.164, and where
    nobody has it those whose number is one typing slip away.

    Raises:
        Forbidden: the actor may look up nobody.
    """
    actor.require(Permission.CUSTOMER_READ)
    ids = finding.fitting(session, name, phone_tail, phone)
    found = session.exec(select(Customer).where(col(Customer.id).in_(ids)).order_by(_by_age)).all()
    seen = [customer for customer in found if actor.sees(customer)]
    for customer in seen:
        reads.read(session, actor, customer.id, "customer:find")
    return seen


def within(session: Session, actor: Actor, *, store_id: int | None = None) -> list[int]:
    """The ids of all customers that the actor works for, within a store where one is given.

    They are for counting and sending; for marketers, who see no persons, they are everybody's.
    """
    seen = true() if actor.everywhere else scope.within(actor)
    wanted = select(Customer.id).where(seen, col(Customer.joined_into).is_(None))
    if store_id is not None:
        wanted = wanted.where(Customer.store_id == store_id)
    return list(session.exec(wanted.order_by(_by_age)))


def by_identity(
    session: Session, kind: IdentityKind, value: str, account: str = ""
) -> Customer | None:
    """Whose identity this is; None if nobody's. The caller has the right to ask."""
    wanted = (
        select(Customer)
        .join(Identity, col(Identity.customer_id) == col(Customer.id))
        .where(*identities.is_identity(kind, account, value))
    )
    return session.exec(wanted).one_or_none()


def heir(session: Session, customer_id: int) -> int:
    """The record that this one is now; itself, unless it was joined into another."""
    joined_into = select(Customer.joined_into).where(Customer.id == customer_id)
    return session.exec(joined_into).one() or customer_id


def arrive(
    session: Session, kind: IdentityKind, value: str, *, account: str = "", source: str
) -> tuple[Customer, bool]:
    """The customer with this identity, and whether this is the first contact, which makes one."""
    if known := by_identity(session, kind, value, account):
        return known, False
    try:
        with session.begin_nested():
            customer_id = _first_contact(session, kind, value, account=account, source=source)
    except IntegrityError:  # somebody else was first
        known = by_identity(session, kind, value, account)
        assert known is not None
        return known, False
    return session.get_one(Customer, customer_id), True


def _first_contact(
    session: Session, kind: IdentityKind, value: str, *, account: str, source: str
) -> int:
    """A new customer's id. Core statements, as for all that every callback may have to wait for."""
    connection = session.connection()
    made = connection.execute(_INSERT_CUSTOMER).inserted_primary_key
    assert made is not None
    identity = {
        "customer_id": made[0],
        "kind": kind,
        "account": account,
        "digest": crypto.digest(kind.value, value),
        "value": value,
        "source": source,
    }
    connection.execute(_INSERT_IDENTITY, identity)
    return int(made[0])


def identify(
    session: Session,
    customer: Customer,
    kind: IdentityKind,
    value: str,
    *,
    account: str = "",
    source: str,
    verified: bool = False,
) -> None:
    """Add an identity to a customer; one that is already theirs is no longer only TYPED, and is
    verified from then on where it is now.

    Raises:
        IdentityTaken: it is somebody else's.
    """
    known = identities.find(session, kind, value, account)
    if known is None:
        made = _add_identity(session, customer.id, kind, value, account=account, source=source)
        made.verified, made.verified_at = verified, now() if verified else None
        session.flush()
        if kind is IdentityKind.PHONE and value != customer.phone:
            index.renew(session, customer)
    elif known.customer_id != customer.id:
        raise IdentityTaken(kind.value)
    else:
        known.source = source if known.source == TYPED else known.source
        if verified:
            verify(session, kind, value, account)


def verify(session: Session, kind: IdentityKind, value: str, account: str = "") -> None:
    """Keep that an identity was checked, and when first. The caller has checked it."""
    known = identities.find(session, kind, value, account)
    if known is not None and not known.verified:
        known.verified, known.verified_at = True, now()


class IdentityTaken(CrmError):
    """The identity is somebody else's."""

    code = "identity_taken"


def address(
    session: Session, customer_id: int, kind: IdentityKind, account: str = ""
) -> str | None:
    """The customer's identity of this kind, if messages can be sent to it."""
    wanted = select(Identity).where(
        Identity.customer_id == customer_id, Identity.kind == kind, col(Identity.following)
    )
    if account:
        wanted = wanted.where(Identity.account == account)
    found = session.exec(wanted.order_by(col(Identity.id).desc())).first()
    return found.value if found else None


def set_following(
    session: Session, customer_id: int, kind: IdentityKind, account: str = "", *, following: bool
) -> None:
    """Keep whether the platform lets us write to the customer's identity of this kind."""
    theirs = (
        Identity.customer_id == customer_id,
        Identity.kind == kind,
        Identity.account == account,
    )
    for found in session.exec(select(Identity).where(*theirs)):
        found.following = following


def describe(
    session: Session,
    customer: Customer,
    *,
    name: str | None = None,
    phone: str | None = None,
    birthday: str | None = None,
    address: str | None = None,
) -> None:
    """Keep what is given and let the customer be found by it.

    `phone` is E.164, `birthday` like "1992-05-04"; None changes nothing.
    """
    given = {"name": name, "phone": phone, "birthday": birthday, "address": address}
    for field, value in given.items():
        if value is not None:
            setattr(customer, field, value)
    session.add(customer)
    index.renew(session, customer)


def name_them(session: Session, customer: Customer, full: str) -> None:
    """Give a customer the name they are found by."""
    describe(session, customer, name=full)


def give_phone(session: Session, customer: Customer, phone: str) -> None:
    """Keep a normalised phone and let the customer be found by it."""
    describe(session, customer, phone=phone)


def forget_phone(session: Session, customer: Customer) -> None:
    """Keep no phone, nor what it was found by."""
    customer.phone = None
    index.renew(session, customer)


def shown(customer: Customer) -> str:
    """How staff see a customer in a list: 王晓梅 尾号5678."""
    name = customer.name or "未留姓名"
    return f"{name} 尾号{phones.tail(customer.phone)}" if customer.phone else name


def masked(customer: Customer) -> str:
    """How a customer is named where not everybody may know them: 王** 138****5678."""
    name = names.mask(customer.name)
    return f"{name} {phones.mask(customer.phone)}" if customer.phone else name


_by_age = col(Customer.id)


def _add_identity(
    session: Session, customer_id: int, kind: IdentityKind, value: str, *, account: str, source: str
) -> Identity:
    made = Identity(
        customer_id=customer_id,
        kind=kind,
        account=account,
        digest=crypto.digest(kind.value, value),
        value=value,
        source=source,
    )
    session.add(made)
    return made
