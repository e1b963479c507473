"""Reading what is known of a customer, as far as the reader's role goes; each read is kept."""

from collections.abc import Iterator
from dataclasses import dataclass

from sqlmodel import Session

from crm_core.audit import reads
from crm_core.authz import Actor, Forbidden, Permission
from crm_core.customers import service as customers
from crm_core.customers.models import Customer
from crm_core.fields import rights, service
from crm_core.fields.models import Sensitivity
from crm_core.fields.rights import Access
from crm_core.fields.shipped import FIELDS
from crm_core.validation import checking

_OF_CUSTOMER = ("name", "phone", "birthday", "address", "city")
_LONGEST_REASON = 100


@dataclass(frozen=True)
class Shown:
    """One field as the reader may see it."""

    code: str
    title: str
    value: str
    sensitivity: Sensitivity
    can_open: bool  # it is masked, and the reader may open it with a reason


@dataclass(frozen=True)
class _Held:
    code: str
    title: str
    sensitivity: Sensitivity
    value: str


def view(session: Session, actor: Actor, customer_id: int) -> list[Shown]:
    """What is held of a customer, field by field, masked where the reader's role says so.

    Raises:
        Forbidden: the actor may not see this customer.
        CustomerNotFound: there is no such customer.
    """
    customer = customers.get(session, actor, Permission.CUSTOMER_READ, customer_id)
    return [
        Shown(held.code, held.title, value, held.sensitivity, how is Access.OPENABLE)
        for held in _everything(session, customer)
        if (how := _access(session, actor, held))
        and (value := rights.shown(how, held.code, held.sensitivity, held.value)) is not None
    ]


def open_field(
    session: Session, actor: Actor, customer_id: int, code: str, *, reason: str
) -> str | None:
    """One field in clear, for a reason that is kept with who asked; None where nothing is held.

    Raises:
        Forbidden: the actor may not see this customer, or their role may not open this field.
        CustomerNotFound: there is no such customer.
        BadEntry: no reason is given, or it holds a card number.
    """
    customer = customers.get(session, actor, Permission.CUSTOMER_READ, customer_id)
    why = checking.text(reason, "reason", "查看原因", _LONGEST_REASON)
    held = next((each for each in _everything(session, customer) if each.code == code), None)
    if held is None:
        return None
    if _access(session, actor, held) not in {Access.OPENABLE, Access.CLEAR}:
        raise Forbidden(actor.name, "field:open", f"customer:{customer_id}")
    subject = f"customer:{customer_id}"
    reads.keep(session, actor, "field:open", subject, field=code, reason=why)
    return held.value


def exported(session: Session, actor: Actor, customer_id: int) -> dict[str, str]:
    """What may leave the house of a customer, by title, masked where the actor sees it masked.

    The highest level never leaves in clear, whoever asks.

    Raises:
        Forbidden: the actor may not see this customer.
        CustomerNotFound: there is no such customer.
    """
    customer = customers.get(session, actor, Permission.CUSTOMER_READ, customer_id)
    row = {}
    for held in _everything(session, customer):
        how = _access(session, actor, held)
        how = min(how, Access.MASKED, key=list(Access).index) if _is_highest(held) else how
        value = rights.shown(how, held.code, held.sensitivity, held.value)
        if value is not None:
            row[held.title] = value
    reads.keep(session, actor, "customer:export", f"customer:{customer_id}", fields=sorted(row))
    return row


def _everything(session: Session, customer: Customer) -> Iterator[_Held]:
    for code in _OF_CUSTOMER:
        if value := getattr(customer, code):
            field = FIELDS[code]
            yield _Held(code, field.title, field.sensitivity, value)
    for own, value in service.held(session, customer.id):
        yield _Held(own.code, own.title, own.sensitivity, value)


def _access(session: Session, actor: Actor, held: _Held) -> Access:
    return rights.access(session, actor.role, held.code, held.sensitivity)


def _is_highest(held: _Held) -> bool:
    return held.sensitivity is Sensitivity.HIGHEST
