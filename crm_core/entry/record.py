"""The fields of the customer's record itself: name, phone, birthday, address, city."""

from collections.abc import Mapping

from sqlmodel import Session, col, select

from crm_core.audit import service as audit
from crm_core.authz import Actor
from crm_core.customers import phones
from crm_core.customers import service as customers
from crm_core.customers.models import Customer, Identity, IdentityKind
from crm_core.customers.phones import InvalidPhone
from crm_core.lineage import service as lineage
from crm_core.timeline import service as timeline
from crm_core.timeline.models import EventKind
from crm_core.validation import checking
from crm_core.validation.errors import BadEntry

_TEXTS = {"name": ("姓名", 32), "address": ("地址", 200), "city": ("城市", 32)}
FIELDS = frozenset({*_TEXTS, "phone", "birthday"})


def checked(session: Session, customer: Customer, code: str, said: str) -> str:
    """The value as it is kept.

    Raises:
        BadEntry: it cannot be; a phone is somebody else's, or would replace a verified one.
    """
    if code == "birthday":
        return checking.birthday(said)
    if code == "phone":
        return _phone(session, customer, said)
    title, most = _TEXTS[code]
    return checking.text(said, code, title, most)


def keep(
    session: Session,
    actor: Actor,
    customer: Customer,
    values: Mapping[str, str],
    *,
    source: str,
    ref: str,
) -> None:
    """Put checked values into the record; the caller has locked it and sees to repeats."""
    changed = [code for code, value in values.items() if getattr(customer, code) != value]
    for code, value in values.items():
        lineage.entered(
            session, actor, customer, code, value,
            before=getattr(customer, code), source=source, ref=ref,
        )  # fmt: skip
    if "phone" in changed:
        phone = values["phone"]
        customers.identify(session, customer, IdentityKind.PHONE, phone, source=customers.TYPED)
    if "city" in changed:
        customer.city = values["city"]
    said = {code: values[code] for code in changed if code != "city"}
    customers.describe(session, customer, **said)
    if changed:
        timeline.add(session, customer.id, EventKind.PROFILE, ref=ref, fields=sorted(changed))
        subject = f"customer:{customer.id}"
        audit.record(session, actor, "customer:enter", subject, fields=sorted(changed), ref=ref)


def _phone(session: Session, customer: Customer, said: str) -> str:
    try:
        phone = phones.normalise(said)
    except InvalidPhone:
        raise BadEntry("phone", "phone", said=said) from None
    holder = customers.by_identity(session, IdentityKind.PHONE, phone)
    if holder is not None and holder.id != customer.id:
        raise BadEntry("phone", "taken")
    if customer.phone not in {None, phone} and _is_verified(session, customer):
        raise BadEntry("phone", "verified")
    return phone


def _is_verified(session: Session, customer: Customer) -> bool:
    theirs = Identity.customer_id == customer.id, Identity.kind == IdentityKind.PHONE
    proven = select(Identity.id).where(*theirs, col(Identity.verified)).limit(1)
    return session.exec(proven).first() is not None
