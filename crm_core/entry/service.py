"""One door for what is entered of a customer: all of it is checked, then all is kept, or nothing.

Fields are named by the codes of the catalogue: "name", "phone", "birthday", "address", "city",
"size:裤装", "style", "body:height", "tag", "note", "family:女儿:裤装", and the shop's own.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from sqlmodel import Session

from crm_core.authz import Actor, Permission
from crm_core.customers import service as customers
from crm_core.customers.models import Customer
from crm_core.db import unit_of_work
from crm_core.entry import record, warning
from crm_core.entry.sorting import Parts, sort
from crm_core.family import service as family
from crm_core.fields import service as fields
from crm_core.lineage import service as lineage
from crm_core.preferences import service as preferences
from crm_core.validation.errors import BadEntries, BadEntry


@dataclass(frozen=True)
class Entered:
    """What was kept, and what whoever entered it may want to look at again."""

    fields: list[str]
    warnings: list[str] = field(default_factory=list)


def enter(
    session: Session,
    actor: Actor,
    customer_id: int,
    given: Mapping[str, str],
    *,
    source: str | None = None,
    ref: str,
) -> Entered:
    """Keep what is given of a customer by field; what is empty is passed over.

    Safe to repeat: a repeated `ref` changes nothing.

    Raises:
        Forbidden: the actor may not change this customer.
        CustomerNotFound: there is no such customer.
        BadEntries: something cannot be; every problem is named and nothing is kept.
    """
    customer = customers.lock(session, actor, Permission.CUSTOMER_WRITE, customer_id)
    filled = {code: said.strip() for code, said in given.items() if said.strip()}
    if not lineage.by_ref(session, customer_id, _ref(ref)):
        parts, problems = sort(session, customer, filled, ref)
        if problems:
            raise BadEntries(problems)
        _keep(session, actor, customer, parts, source or lineage.source_of(actor), ref)
    return Entered(sorted(filled), warning.of(session, customer, filled))


def check(session: Session, actor: Actor, customer_id: int, given: Mapping[str, str]) -> list[str]:
    """What `enter` would warn of; nothing is kept.

    Raises:
        Forbidden: the actor may not change this customer.
        CustomerNotFound: there is no such customer.
        BadEntries: something cannot be.
    """
    customer = customers.get(session, actor, Permission.CUSTOMER_WRITE, customer_id)
    filled = {code: said.strip() for code, said in given.items() if said.strip()}
    _, problems = sort(session, customer, filled, "check")
    if problems:
        raise BadEntries(problems)
    return warning.of(session, customer, filled)


def refused(
    actor: Actor, customer_id: int, error: BadEntry | BadEntries, *, source: str, ref: str
) -> None:
    """Count what was refused among the figures of its source; called once the rest is undone."""
    problems = error.problems if isinstance(error, BadEntries) else [error]
    with unit_of_work() as session:
        customer = session.get_one(Customer, customer_id)
        for one in problems:
            lineage.refused(session, actor, customer, one.field, one.why, source=source, ref=ref)


def _keep(
    session: Session, actor: Actor, customer: Customer, parts: Parts, source: str, ref: str
) -> None:
    if parts.record:
        record.keep(session, actor, customer, parts.record, source=source, ref=_ref(ref))
    if parts.wanted:
        preferences.change(session, actor, customer.id, parts.wanted, source=source, ref=ref)
    for label, sizes in parts.family.items():
        family.resize(session, actor, customer.id, label, sizes, ref=f"{ref}:{label}")
    if parts.custom:
        fields.put(session, actor, customer.id, parts.custom, source=source, ref=ref)


def _ref(ref: str) -> str:
    """Of what is entered into the record itself."""
    return f"entry:{ref}"
