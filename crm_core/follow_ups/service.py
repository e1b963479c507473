"""Try-ons that were not bought, and the calls that an assistant makes because of them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from sqlmodel import Session, col, delete, select

from crm_core.audit import service as audit
from crm_core.authz import Actor, Permission
from crm_core.clock import now, today
from crm_core.customers import service as customers
from crm_core.customers.models import Customer
from crm_core.customers.scope import within
from crm_core.errors import CrmError, Kind
from crm_core.follow_ups.models import FollowUp, FollowUpState, TryOn
from crm_core.rules import service as rules
from crm_core.timeline import service as timeline
from crm_core.timeline.models import EventKind


class FollowUpNotFound(CrmError):
    code = "follow_up_not_found"
    kind = Kind.NOT_FOUND


class NoAssistant(CrmError):
    """Nobody looks after the customer, so nobody can be asked to call."""

    code = "no_assistant"


@dataclass(frozen=True)
class Tried:
    """What was tried on and not bought, as it was said."""

    product: str
    size: str = ""
    reason: str = ""
    product_id: int | None = None

    @property
    def words(self) -> str:
        size = f" {self.size}码" if self.size and self.size != "均码" else self.size
        reason = f"，{self.reason}" if self.reason else ""
        return f"试穿{self.product}{size}没买{reason}"


def log_try_on(
    session: Session, actor: Actor, customer_id: int, tried: Tried, *, ref: str
) -> FollowUp:
    """Keep a try-on; its follow-up is due in `follow_up.try_on_days` days. A repeat keeps one.

    Raises:
        Forbidden: the actor may not, or the customer is out of its scope.
        CustomerNotFound: there is no such customer.
        NoAssistant: neither the actor nor anybody else looks after the customer.
    """
    customer = customers.lock(session, actor, Permission.TRY_ON_WRITE, customer_id)
    if earlier := _with_ref(session, ref):
        return earlier
    try_on = TryOn(
        customer_id=customer_id,
        staff_id=actor.staff_id or _caller(actor, customer),
        product_id=tried.product_id,
        product_name=tried.product,
        size=tried.size,
        reason=tried.reason,
        ref=ref,
    )
    session.add(try_on)
    session.flush()
    timeline.add(
        session, customer_id, EventKind.TRY_ON, ref=ref, product=tried.product, size=tried.size,
        reason=tried.reason,
    )  # fmt: skip
    days = timedelta(days=rules.get(session, "follow_up.try_on_days"))
    made = FollowUp(
        customer_id=customer_id, staff_id=_caller(actor, customer), due_on=today() + days,
        what=tried.words, try_on_id=try_on.id, ref=ref,
    )  # fmt: skip
    return _add(session, actor, made)


def schedule(
    session: Session, actor: Actor, customer_id: int, what: str, due_on: date, *, ref: str
) -> FollowUp:
    """Ask the customer's assistant to call on a day. A repeated `ref` returns the first one.

    Raises:
        Forbidden: the actor may not, or the customer is out of its scope.
        CustomerNotFound: there is no such customer.
        NoAssistant: neither the actor nor anybody else looks after the customer.
    """
    customer = customers.lock(session, actor, Permission.FOLLOW_UP_WRITE, customer_id)
    if earlier := _with_ref(session, ref):
        return earlier
    made = FollowUp(
        customer_id=customer_id,
        staff_id=_caller(actor, customer),
        due_on=due_on,
        what=what,
        ref=ref,
    )
    return _add(session, actor, made)


def pending(
    session: Session,
    actor: Actor,
    *,
    until: date | None = None,
    since: date | None = None,
    staff_id: int | None = None,
    customer_id: int | None = None,
) -> Sequence[tuple[FollowUp, Customer]]:
    """Open follow-ups in the actor's scope with their customers, the most urgent first.

    `since` and `until` are days in the shop's time zone, both included.

    Raises:
        Forbidden: the actor may not read follow-ups.
    """
    actor.require(Permission.FOLLOW_UP_READ)
    wanted = (
        select(FollowUp, Customer)
        .join(Customer, col(Customer.id) == col(FollowUp.customer_id))
        .where(FollowUp.state == FollowUpState.OPEN, within(actor))
        .order_by(col(FollowUp.due_on), col(FollowUp.id))
    )
    if until is not None:
        wanted = wanted.where(FollowUp.due_on <= until)
    if since is not None:
        wanted = wanted.where(FollowUp.due_on >= since)
    if staff_id is not None:
        wanted = wanted.where(FollowUp.staff_id == staff_id)
    if customer_id is not None:
        wanted = wanted.where(FollowUp.customer_id == customer_id)
    return session.exec(wanted).all()


def get(session: Session, actor: Actor, follow_up_id: int) -> tuple[FollowUp, Customer]:
    """A follow-up and its customer.

    Raises:
        Forbidden: the actor may not, or the customer is out of its scope.
        FollowUpNotFound: there is no such follow-up.
    """
    row = _row(session, follow_up_id)
    return row, customers.get(session, actor, Permission.FOLLOW_UP_READ, row.customer_id)


def complete(
    session: Session, actor: Actor, follow_up_id: int, result: str, *, ref: str
) -> FollowUp:
    """Tick a follow-up off, with what came of it as it was said. A repeat changes nothing.

    Raises:
        Forbidden: the actor may not, or the customer is out of its scope.
        FollowUpNotFound: there is no such follow-up.
    """
    actor.require(Permission.FOLLOW_UP_WRITE)
    row = _row(session, follow_up_id, lock=True)
    customers.get(session, actor, Permission.FOLLOW_UP_WRITE, row.customer_id)
    if row.state is FollowUpState.OPEN:
        row.state, row.result = FollowUpState.DONE, result
        row.done_at, row.done_ref = now(), ref
        _note(session, actor, "follow_up:complete", row)
    return row


def done_under(session: Session, ref: str) -> FollowUp | None:
    """The follow-up that was ticked off under `ref`."""
    return session.exec(select(FollowUp).where(FollowUp.done_ref == ref)).one_or_none()


def undo(session: Session, actor: Actor, ref: str) -> bool:
    """Take back what was written under `ref`; False if there is nothing (any more).

    A follow-up that was ticked off is open again; a try-on and its follow-up are gone.

    Raises:
        Forbidden: the actor may not, or the customer is out of its scope.
    """
    actor.require(Permission.FOLLOW_UP_WRITE)
    return _reopen(session, actor, ref) or _withdraw(session, actor, ref)


def _reopen(session: Session, actor: Actor, ref: str) -> bool:
    done = FollowUp.done_ref == ref, FollowUp.state == FollowUpState.DONE
    row = session.exec(select(FollowUp).where(*done).with_for_update()).one_or_none()
    if row is None:
        return False
    customers.get(session, actor, Permission.FOLLOW_UP_WRITE, row.customer_id)
    row.state, row.result, row.done_at, row.done_ref = FollowUpState.OPEN, None, None, None
    _note(session, actor, "follow_up:reopen", row)
    return True


def _withdraw(session: Session, actor: Actor, ref: str) -> bool:
    row = _with_ref(session, ref)
    if row is None or row.state is not FollowUpState.OPEN:
        return False
    customers.lock(session, actor, Permission.FOLLOW_UP_WRITE, row.customer_id)
    _note(session, actor, "follow_up:withdraw", row)
    session.delete(row)
    session.flush()
    if row.try_on_id is not None:
        session.exec(delete(TryOn).where(col(TryOn.id) == row.try_on_id))
        timeline.add(
            session, row.customer_id, EventKind.TRY_ON, ref=f"{ref}:withdrawn", withdrawn=True
        )
    return True


def _add(session: Session, actor: Actor, made: FollowUp) -> FollowUp:
    session.add(made)
    session.flush()
    _note(session, actor, "follow_up:schedule", made)
    return made


def _note(session: Session, actor: Actor, action: str, row: FollowUp) -> None:
    audit.record(session, actor, action, f"customer:{row.customer_id}", follow_up=row.id)


def _caller(actor: Actor, customer: Customer) -> int:
    caller = customer.assistant_id or actor.staff_id
    if caller is None:
        raise NoAssistant(customer.id)
    return caller


def _row(session: Session, follow_up_id: int, *, lock: bool = False) -> FollowUp:
    wanted = select(FollowUp).where(FollowUp.id == follow_up_id)
    found = session.exec(wanted.with_for_update() if lock else wanted).one_or_none()
    if found is None:
        raise FollowUpNotFound(follow_up_id)
    return found


def _with_ref(session: Session, ref: str) -> FollowUp | None:
    return session.exec(select(FollowUp).where(FollowUp.ref == ref)).one_or_none()
