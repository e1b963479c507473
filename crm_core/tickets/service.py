"""Complaints: opening one, handling it, and saying how it stands."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlmodel import Session, col, select

from crm_core.alerts import handling
from crm_core.alerts import service as alerts
from crm_core.alerts.models import Alert, AlertKind, AlertState, Step
from crm_core.audit import service as audit
from crm_core.authz import Actor, Forbidden, Permission, system
from crm_core.clock import now
from crm_core.customers import service as customers
from crm_core.customers.models import Customer
from crm_core.errors import CrmError, Kind
from crm_core.orders import finding as orders
from crm_core.orders.models import Order
from crm_core.staff import service as staff
from crm_core.staff.models import Staff
from crm_core.tickets import wording
from crm_core.tickets.models import NUMBERS_FROM, ComplaintType, Priority, Ticket, TicketState
from crm_core.timeline import service as timeline
from crm_core.timeline.models import EventKind
from crm_core.webhooks import service as webhooks
from crm_core.webhooks.service import Event

MOST_CHARACTERS = 500
_RECENT = timedelta(days=90)  # an order older than this is not what a complaint is about


class TicketNotFound(CrmError):
    """There is no such complaint, or it is somebody else's."""

    code = "ticket_not_found"
    kind = Kind.NOT_FOUND


@dataclass(frozen=True)
class Case:
    """What is complained about."""

    description: str  # cut at MOST_CHARACTERS
    type: ComplaintType | None = None  # none: classified from the description
    order_no: str | None = None  # none, or not theirs: the latest order of the last 90 days


@dataclass(frozen=True)
class Standing:
    """How a complaint stands."""

    ticket: Ticket
    since: datetime
    owner: str | None  # who has it in hand


def open_(session: Session, actor: Actor, customer_id: int, case: Case, *, ref: str) -> Ticket:
    """Open a complaint and alert who looks after the shop. Repeating a `ref` returns the first.

    Angry words give it a higher priority.

    Raises:
        Forbidden: the actor may not, for this customer.
        CustomerNotFound: there is no such customer.
        ValueError: nothing is said; edges ask first.
    """
    description = case.description.strip()[:MOST_CHARACTERS]
    if not description:
        raise ValueError("a complaint needs words")
    customer = customers.lock(session, actor, Permission.TICKET_OPEN, customer_id)
    if known := session.exec(select(Ticket).where(Ticket.ref == ref)).one_or_none():
        return known
    order = order_meant(session, actor, customer_id, case.order_no)
    ticket = Ticket(
        customer_id=customer_id,
        type=case.type or wording.classify(description),
        priority=Priority.HIGH if wording.is_angry(description) else Priority.NORMAL,
        description=description,
        order_id=order.id if order else None,
        store_id=(order.store_id if order else None) or customer.store_id,
        opened_by=actor.name,
        ref=ref,
    )
    session.add(ticket)
    session.flush()
    timeline.add(
        session, customer_id, EventKind.COMPLAINT, ref=ref, number=ticket.number,
        type=ticket.type.value,
    )  # fmt: skip
    audit.record(
        session, actor, "ticket:open", f"ticket:{ticket.id}",
        type=ticket.type.value, priority=ticket.priority.value,
    )  # fmt: skip
    told = {"number": ticket.number, "customer_id": customer_id, "type": ticket.type.value}
    webhooks.emit(session, Event.COMPLAINT_OPENED, told, ref=f"ticket:{ticket.id}")
    _alert(session, actor, ticket, customer, order)
    return ticket


def order_meant(
    session: Session, actor: Actor, customer_id: int, order_no: str | None
) -> Order | None:
    """The customer's order with this number, else their latest of the last 90 days.

    Raises:
        Forbidden: the actor may not see this customer's orders.
        CustomerNotFound: there is no such customer.
    """
    if order_no is not None:
        named = orders.of_customer(session, actor, customer_id, order_no=order_no)
        if named:
            return named[0]
    recent = orders.of_customer(session, actor, customer_id, since=now() - _RECENT)
    return next(iter(recent), None)


def handle(
    session: Session,
    actor: Actor,
    ticket_id: int,
    action: Step,
    *,
    to_staff: Staff | None = None,
    note: str | None = None,
    ref: str,
) -> Ticket:
    """Take a complaint one step further, and its alert with it. A repeated `ref` changes nothing.

    Raises:
        Forbidden: the actor may not handle complaints.
        TicketNotFound: there is none in the actor's shop.
        InvalidStep: it does not follow from the state.
        StaffNotFound: `to_staff` has left or works in another shop.
        ValueError: a transfer without `to_staff`; edges ask first.
    """
    actor.require(Permission.TICKET_HANDLE)
    ticket = session.get(Ticket, ticket_id)
    if ticket is None or not (actor.everywhere or ticket.store_id == actor.store_id):
        raise TicketNotFound(ticket_id, number=f"TS{NUMBERS_FROM + ticket_id}")
    alert = _alert_of(session, ticket)  # its row is the lock of both
    session.refresh(ticket)
    if handling.advance(session, actor, alert, action, to=to_staff, note=note, ref=ref):
        ticket.state = TicketState(alert.state.value)
        ticket.owner_id, ticket.closed_at = alert.owner_id, alert.closed_at
        session.add(ticket)
        audit.record(session, actor, f"ticket:{action.name.lower()}", f"ticket:{ticket.id}")
    return ticket


def add_words(session: Session, actor: Actor, ticket_id: int, words: str, *, ref: str) -> Ticket:
    """The customer says more about a complaint; one of no known type may get one.

    A repeated `ref` changes nothing.

    Raises:
        Forbidden: the actor may not, for this customer.
        TicketNotFound: there is none.
    """
    ticket = _theirs(session, actor, Permission.TICKET_OPEN, session.get(Ticket, ticket_id))
    customers.lock(session, actor, Permission.TICKET_OPEN, ticket.customer_id)
    alert, words = _alert_of(session, ticket), words.strip()[:MOST_CHARACTERS]
    kind = wording.classify(words) if ticket.type is ComplaintType.OTHER else ticket.type
    headline = _headline(kind, ticket.priority)
    if handling.add_words(session, actor, alert, words, headline=headline, ref=ref):
        ticket.description, ticket.type = f"{ticket.description}；{words}", kind
        session.add(ticket)
        audit.record(session, actor, "ticket:add_words", f"ticket:{ticket.id}")
    return ticket


def of_customer(session: Session, actor: Actor, customer_id: int) -> Sequence[Standing]:
    """A customer's complaints, open ones first, then newest first.

    Raises:
        Forbidden: the actor may not see them.
        CustomerNotFound: there is no such customer.
    """
    customers.get(session, actor, Permission.TICKET_READ, customer_id)
    theirs = select(Ticket).where(Ticket.customer_id == customer_id)
    found = session.exec(theirs.order_by(col(Ticket.id).desc())).all()
    by_openness = sorted(found, key=lambda ticket: ticket.state is TicketState.CLOSED)
    return [_standing(session, ticket) for ticket in by_openness]


def find(session: Session, actor: Actor, number: str) -> Standing:
    """The complaint called `number` (TS1024).

    Raises:
        Forbidden: the actor may see no complaints.
        TicketNotFound: there is none that the actor may see.
    """
    digits = re.fullmatch(r"(?i)\s*(?:TS)?\s*0*(\d{1,12})\s*", number)
    ticket = session.get(Ticket, int(digits[1]) - NUMBERS_FROM) if digits else None
    try:
        return _standing(session, _theirs(session, actor, Permission.TICKET_READ, ticket))
    except TicketNotFound:
        raise TicketNotFound(number, number=number.strip().upper()) from None


def _theirs(
    session: Session, actor: Actor, permission: Permission, ticket: Ticket | None
) -> Ticket:
    actor.require(permission)
    if ticket is None:
        raise TicketNotFound(number="")
    try:
        customers.get(session, actor, permission, ticket.customer_id)
    except Forbidden:  # the answer is the same as for one that does not exist
        raise TicketNotFound(ticket.id, number=ticket.number) from None
    return ticket


def _standing(session: Session, ticket: Ticket) -> Standing:
    alert = alerts.of_ticket(session, ticket.id)
    since = alerts.since(session, alert) if alert else ticket.opened_at
    owner = staff.get(session, ticket.owner_id).name if ticket.owner_id else None
    return Standing(ticket, since, owner)


def _alert_of(session: Session, ticket: Ticket) -> Alert:
    """The alert about a complaint, locked; one that came in otherwise has none until now."""
    if alert := alerts.of_ticket(session, ticket.id, locked=True):
        return alert
    us = system("ticket")
    customer = customers.get(session, us, Permission.CUSTOMER_READ, ticket.customer_id)
    order = orders.get(session, ticket.order_id) if ticket.order_id else None
    alert = _alert(session, us, ticket, customer, order)
    alert.state, alert.owner_id = AlertState(ticket.state.value), ticket.owner_id
    return alert


def _alert(
    session: Session, actor: Actor, ticket: Ticket, customer: Customer, order: Order | None
) -> Alert:
    served_by = (order.staff_id if order else None) or customer.assistant_id
    rows = [("单号", ticket.number)]
    rows += [("订单", order.order_no)] if order else []
    rows += [("导购", staff.get(session, served_by).name)] if served_by else []
    new = alerts.New(
        AlertKind.COMPLAINT,
        ticket.customer_id,
        alerts.Facts(_headline(ticket.type, ticket.priority), ticket.description, tuple(rows)),
        store_id=ticket.store_id,
        ticket_id=ticket.id,
    )
    tell: list[Staff] | None = None if ticket.state is TicketState.OPEN else []
    return alerts.raise_(session, actor, new, ref=f"ticket:{ticket.id}", tell=tell)


def _headline(kind: ComplaintType, priority: Priority) -> str:
    named = "投诉" if kind is ComplaintType.OTHER else kind.value
    return f"{named}（加急）" if priority is Priority.HIGH else named
