"""Values of the shop's own fields: entered, taken back, read as far as the reader may."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from sqlmodel import Session, col, select

from crm_core.audit import service as audit
from crm_core.authz import Actor, Permission
from crm_core.clock import now
from crm_core.consents import service as consents
from crm_core.consents.models import Purpose
from crm_core.customers import service as customers
from crm_core.customers.models import Customer
from crm_core.fields import values
from crm_core.fields.models import CustomField, CustomValue
from crm_core.lineage import service as lineage
from crm_core.lineage.models import FieldEntry
from crm_core.timeline import service as timeline
from crm_core.timeline.models import EventKind
from crm_core.validation.errors import BadEntry


@dataclass(frozen=True)
class Change:
    """One field whose value was entered; None is none."""

    code: str
    before: str | None
    after: str | None


def put(
    session: Session,
    actor: Actor,
    customer_id: int,
    given: Mapping[str, str | None],
    *,
    source: str | None = None,
    ref: str,
) -> list[Change]:
    """Let these fields (by code) have these values; None takes one away. All of them or none.

    Safe to repeat: a repeated `ref` returns what the first call entered.

    Raises:
        Forbidden: the actor may not change this customer.
        CustomerNotFound: there is no such customer.
        BadEntry: a field is unknown or retired, a value breaks its rules, or the consent that the
            field needs is not there.
    """
    customer = customers.lock(session, actor, Permission.CUSTOMER_WRITE, customer_id)
    if earlier := lineage.by_ref(session, customer_id, _ref(ref)):
        return [_told(entry) for entry in earlier]
    fields = _fields(session, given)
    parsed = {
        code: None if said is None else values.parse(fields[code], said)
        for code, said in given.items()
    }
    for code, said in given.items():
        if said is not None:
            _require_consent(session, customer_id, fields[code])
    by = source or lineage.source_of(actor)
    changes = []
    for code, value in parsed.items():
        before = _keep(session, customer, fields[code], value, source=by, ref=ref)
        after = None if value is None else values.written(value)
        _enter(session, actor, customer, Change(code, before, after), by, _ref(ref))
        changes.append(Change(code, before, after))
    _tell(session, actor, customer_id, changes, ref)
    return changes


def check(session: Session, customer_id: int, code: str, said: str) -> None:
    """Return if this could be put; the caller may change the customer.

    Raises:
        BadEntry: as `put`.
    """
    field = _fields(session, [code])[code]
    values.parse(field, said)
    _require_consent(session, customer_id, field)


def is_open(session: Session, code: str) -> bool:
    """Whether there is such a field, and it takes values."""
    still = CustomField.code == code, col(CustomField.retired_at).is_(None)
    return session.exec(select(CustomField.id).where(*still)).first() is not None


def undo(session: Session, actor: Actor, customer_id: int, ref: str) -> list[Change]:
    """Put back what held before `put` under this `ref`; what was entered since stays.

    Safe to repeat: returns the same.

    Raises:
        Forbidden: the actor may not change this customer.
        CustomerNotFound: there is no such customer.
    """
    customer = customers.lock(session, actor, Permission.CUSTOMER_WRITE, customer_id)
    undoing = f"undo:{ref}"
    if earlier := lineage.by_ref(session, customer_id, _ref(undoing)):
        return [_told(entry) for entry in earlier]
    changes = []
    for entry in lineage.by_ref(session, customer_id, _ref(ref)):
        if lineage.of(session, customer_id, entry.field)[0].id != entry.id:
            continue
        field = _fields(session, [entry.field], retired=True)[entry.field]
        value = None if entry.before is None else values.parse(field, entry.before)
        _keep(session, customer, field, value, source=entry.source, ref=undoing)
        change = Change(entry.field, entry.value, entry.before)
        _enter(session, actor, customer, change, entry.source, _ref(undoing))
        changes.append(change)
    _tell(session, actor, customer_id, changes, undoing)
    return changes


def held(session: Session, customer_id: int) -> Sequence[tuple[CustomField, str]]:
    """What is held of a customer in the shop's own fields; the caller decides who sees it."""
    wanted = (
        select(CustomField, CustomValue)
        .join(CustomValue, col(CustomValue.field_id) == col(CustomField.id))
        .where(CustomValue.customer_id == customer_id)
        .order_by(CustomField.code)
    )
    return [(field, values.held(row)) for field, row in session.exec(wanted)]


def _fields(
    session: Session, codes: Iterable[str], *, retired: bool = False
) -> dict[str, CustomField]:
    wanted = list(codes)
    rows = session.exec(select(CustomField).where(col(CustomField.code).in_(wanted)))
    found = {field.code: field for field in rows}
    for code in wanted:
        if code not in found:
            raise BadEntry(code, "field_unknown", said=code)
        if found[code].retired_at is not None and not retired:
            raise BadEntry(code, "field_retired", title=found[code].title)
    return found


def _require_consent(session: Session, customer_id: int, field: CustomField) -> None:
    if field.consent and not consents.holds(session, customer_id, Purpose(field.consent)):
        raise BadEntry(field.code, "no_consent", title=field.title, purpose=field.purpose)


def _keep(
    session: Session,
    customer: Customer,
    field: CustomField,
    value: values.Value | None,
    *,
    source: str,
    ref: str,
) -> str | None:
    """Put the value into its row; returns what was there."""
    same = CustomValue.customer_id == customer.id, CustomValue.field_id == field.id
    row = session.exec(select(CustomValue).where(*same)).one_or_none()
    before = values.held(row) if row else None
    if value is None:
        if row:
            session.delete(row)
        return before
    row = row or CustomValue(customer_id=customer.id, field_id=field.id, source=source, ref=ref)
    values.place(field, row, value)
    row.source, row.ref, row.changed_at = source, ref, now()
    session.add(row)
    return before


def _enter(
    session: Session, actor: Actor, customer: Customer, change: Change, source: str, ref: str
) -> None:
    lineage.entered(
        session, actor, customer, change.code, change.after,
        before=change.before, source=source, ref=ref,
    )  # fmt: skip


def _tell(
    session: Session, actor: Actor, customer_id: int, changes: list[Change], ref: str
) -> None:
    changed = sorted(change.code for change in changes if change.before != change.after)
    if changed:
        session.flush()
        timeline.add(session, customer_id, EventKind.PROFILE, ref=_ref(ref), fields=changed)
        subject = f"customer:{customer_id}"
        audit.record(session, actor, "field:put", subject, fields=changed, ref=ref)


def _told(entry: FieldEntry) -> Change:
    return Change(entry.field, entry.before, entry.value)


def _ref(ref: str) -> str:
    """Of the rows this module writes: others may enter something else under the same ref."""
    return f"fields:{ref}"
