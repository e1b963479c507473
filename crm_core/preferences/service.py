"""What fits and pleases a customer: what holds now, its history, and taking a change back."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass

from sqlmodel import Session, col, select

from crm_core.audit import service as audit
from crm_core.authz import Actor, Permission
from crm_core.clock import now
from crm_core.customers import service as customers
from crm_core.lineage import service as lineage
from crm_core.preferences import checking
from crm_core.preferences.models import Preference, PreferenceKind
from crm_core.preferences.sizes import DIVIDER, family
from crm_core.timeline import service as timeline
from crm_core.timeline.models import EventKind

Key = tuple[PreferenceKind, str]  # the kind, and the garment, style, tag or measure


@dataclass(frozen=True)
class Known:
    """What holds now."""

    sizes: dict[str, str]  # by garment, "" for all others
    styles: list[str]
    tags: list[str]
    body: dict[str, str]  # by measure: {"height": "168cm"}
    notes: list[str]


@dataclass(frozen=True)
class Change:
    """One value that became another; None is none."""

    kind: PreferenceKind
    name: str
    before: str | None
    after: str | None


def current(session: Session, actor: Actor, customer_id: int) -> Known:
    """What is known of a customer, in the order it was told.

    Raises:
        Forbidden: the actor may not see this customer.
        CustomerNotFound: there is no such customer.
    """
    customers.get(session, actor, Permission.CUSTOMER_READ, customer_id)
    kinds: dict[PreferenceKind, dict[str, str]] = {kind: {} for kind in PreferenceKind}
    for (kind, name), value in _values(_holding(session, customer_id)).items():
        kinds[kind][name] = value
    return Known(
        sizes=kinds[PreferenceKind.SIZE],
        styles=list(kinds[PreferenceKind.STYLE]),
        tags=list(kinds[PreferenceKind.TAG]),
        body=kinds[PreferenceKind.BODY],
        notes=list(kinds[PreferenceKind.NOTE].values()),
    )


def size_for(known: Known, garment: str) -> str | None:
    """The size for a garment: its own, one of a garment sized alike, or the general one."""
    if own := known.sizes.get(garment):
        return own
    alike = (size for other, size in known.sizes.items() if _is_alike(other, garment))
    return next(alike, known.sizes.get(""))


def change(
    session: Session,
    actor: Actor,
    customer_id: int,
    wanted: Mapping[Key, str | None],
    *,
    source: str | None = None,
    ref: str,
) -> list[Change]:
    """Let these values hold from now on (None: no longer); returns what that changed.

    Safe to repeat: a repeated `ref` returns what the first call changed.

    Raises:
        Forbidden: the actor may not change this customer.
        CustomerNotFound: there is no such customer.
        BadEntry: there is no such size, no human has such a measure, a tag may not be given, or a
            text holds a card number. Nothing is kept then.
    """
    customer = customers.lock(session, actor, Permission.CUSTOMER_WRITE, customer_id)
    if (earlier := _changed_by(session, customer_id, ref)) is not None:
        return earlier
    holding = _holding(session, customer_id)
    values = _values(holding)
    entered = checking.checked(session, wanted, held=values)
    changes = [
        Change(*key, values.get(key), value)
        for key, value in entered.items()
        if values.get(key) != value
    ]
    by = source or lineage.source_of(actor)
    for changed in changes:
        _end(holding[changed.kind, changed.name], ref)
        _add(session, customer_id, changed, by, ref)
    for key, value in entered.items():
        lineage.entered(
            session, actor, customer, checking.field(*key), value,
            before=values.get(key), source=by, ref=_ref(ref),
        )  # fmt: skip
    return _keep(session, actor, customer_id, changes, ref)


def undo(session: Session, actor: Actor, customer_id: int, ref: str) -> list[Change]:
    """Take back what `change` did under this `ref`; returns what that changed.

    What somebody has changed again since stays. Safe to repeat: returns the same.

    Raises:
        Forbidden: the actor may not change this customer.
        CustomerNotFound: there is no such customer.
    """
    customer = customers.lock(session, actor, Permission.CUSTOMER_WRITE, customer_id)
    undoing = f"undo:{ref}"
    if (earlier := _changed_by(session, customer_id, undoing)) is not None:
        return earlier
    holding = _holding(session, customer_id)
    before = _values(holding)
    for rows in holding.values():
        _end((row for row in rows if row.ref == ref), undoing)
    _reopen(session, customer_id, ref)
    after = _values(_holding(session, customer_id))
    keys = before.keys() | after.keys()
    changes = [
        Change(*key, before.get(key), after.get(key))
        for key in sorted(keys)
        if before.get(key) != after.get(key)
    ]
    for change in changes:
        lineage.entered(
            session, actor, customer, checking.field(change.kind, change.name), change.after,
            before=change.before, ref=_ref(undoing),
        )  # fmt: skip
    return _keep(session, actor, customer_id, changes, undoing)


def _holding(session: Session, customer_id: int) -> defaultdict[Key, list[Preference]]:
    """The rows that have not ended; a join may leave several of one key, the last one holds."""
    wanted = select(Preference).where(
        Preference.customer_id == customer_id, col(Preference.ended_at).is_(None)
    )
    found: defaultdict[Key, list[Preference]] = defaultdict(list)
    for row in sorted(session.exec(wanted), key=lambda r: (r.created_at, r.id)):
        found[row.kind, row.name].append(row)
    return found


def _values(holding: Mapping[Key, list[Preference]]) -> dict[Key, str]:
    return {key: rows[-1].value for key, rows in holding.items() if rows}


def _changed_by(session: Session, customer_id: int, ref: str) -> list[Change] | None:
    event = timeline.find(session, customer_id, EventKind.PROFILE, ref)
    if event is None or event.data is None:
        was_entered = lineage.by_ref(session, customer_id, _ref(ref))
        return [] if was_entered else None
    return [
        Change(**{**kept, "kind": PreferenceKind(kept["kind"])}) for kept in event.data["changes"]
    ]


def _end(rows: Iterable[Preference], ref: str) -> None:
    for row in rows:
        row.ended_at, row.ended_by = now(), ref


def _add(session: Session, customer_id: int, changed: Change, source: str, ref: str) -> None:
    if changed.after is None:
        return
    row = Preference(
        customer_id=customer_id,
        kind=changed.kind,
        name=changed.name,
        value=changed.after,
        source=source,
        ref=ref,
    )
    session.add(row)


def _reopen(session: Session, customer_id: int, ref: str) -> None:
    """Let hold again what `ref` ended, except where something else has been said since."""
    session.flush()
    wanted = select(Preference).where(Preference.customer_id == customer_id)
    rows = sorted(session.exec(wanted), key=lambda r: (r.created_at, r.id))
    since: set[Key] = set()
    for row in reversed(rows):
        if row.ended_by == ref and (row.kind, row.name) not in since:
            row.ended_at = row.ended_by = None
        elif row.ended_by != f"undo:{row.ref}":
            since.add((row.kind, row.name))
    session.flush()


def _keep(
    session: Session, actor: Actor, customer_id: int, changes: list[Change], ref: str
) -> list[Change]:
    if changes:
        session.flush()
        kept = [asdict(changed) for changed in changes]
        timeline.add(session, customer_id, EventKind.PROFILE, ref=ref, changes=kept)
        kinds = sorted({changed.kind.value for changed in changes})
        audit.record(session, actor, "preference:change", f"customer:{customer_id}", kinds=kinds)
    return changes


def _ref(ref: str) -> str:
    """Of what this module enters: others may enter something else under the same ref."""
    return f"preferences:{ref}"


def _is_alike(other: str, garment: str) -> bool:
    comparable = bool(other and garment) and DIVIDER not in other
    return comparable and family(other) == family(garment)
