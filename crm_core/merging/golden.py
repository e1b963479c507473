"""What a merged record says of its person where the two said different things."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlmodel import Session, col, select

from crm_core.customers.models import Customer, Identity, IdentityKind
from crm_core.customers.service import TYPED
from crm_core.lineage.models import FieldEntry
from crm_core.tiers import program

Fields = dict[str, Any]

SAID = ("name", "phone", "birthday", "address", "city")  # by people, who may err
_SET = ("assistant_id", "store_id", "tier")  # by the shop
_UNKNOWN = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True, order=True)
class _Worth:
    """How far a value is believed: checked over typed, newer over older."""

    verified: bool = False
    checked: bool = False  # somebody of the shop, or its till, vouches for it
    at: datetime = _UNKNOWN


def fields(customer: Customer) -> Fields:
    """All that a merge may change on the record itself."""
    plain = {name: getattr(customer, name) for name in (*SAID, *_SET)}
    since = customer.member_since
    return plain | {"member_since": since.isoformat() if since else None}


def put(customer: Customer, values: Fields) -> None:
    """Write what `fields` returned."""
    for name, value in values.items():
        is_moment = name == "member_since" and value is not None
        setattr(customer, name, datetime.fromisoformat(value) if is_moment else value)


def choose(session: Session, source: Customer, target: Customer) -> Fields:
    """The fields of the merged record.

    A value that was verified goes before one that was typed, then the newer one; where nothing
    tells them apart, the target's stays. The longer membership and the higher level are kept.
    """
    worth = _worth_of(session, source.id), _worth_of(session, target.id)
    chosen = {name: _better(name, source, target, worth) for name in SAID}
    for name in _SET:
        mine = getattr(target, name)
        chosen[name] = getattr(source, name) if mine is None else mine
    since = min(filter(None, (source.member_since, target.member_since)), default=None)
    levels = program.in_force(session)
    chosen["tier"] = max(target.tier, source.tier, key=levels.rank)
    return chosen | {"member_since": since.isoformat() if since else None}


def _better(
    name: str, source: Customer, target: Customer, worth: tuple["_Judge", "_Judge"]
) -> object:
    theirs, mine = getattr(source, name), getattr(target, name)
    if theirs is None or mine is None or theirs == mine:
        return theirs if mine is None else mine
    return theirs if worth[0](name, theirs) > worth[1](name, mine) else mine


_Judge = Callable[[str, object], _Worth]


def _worth_of(session: Session, customer_id: int) -> _Judge:
    known: dict[tuple[str, object], _Worth] = {
        (name, value): worth for name, value, worth in _entered(session, customer_id)
    }
    phones = Identity.customer_id == customer_id, Identity.kind == IdentityKind.PHONE
    for phone in session.exec(select(Identity).where(*phones)):
        at = phone.verified_at or phone.created_at
        known["phone", phone.value] = _Worth(phone.verified, phone.source != TYPED, at)
    return lambda name, value: known.get((name, value), _Worth())


def _entered(session: Session, customer_id: int) -> Iterator[tuple[str, str | None, _Worth]]:
    """What was entered into the fields of this record, oldest first."""
    wanted = select(FieldEntry).where(
        FieldEntry.customer_id == customer_id,
        FieldEntry.refused == "",
        col(FieldEntry.field).in_(SAID),
    )
    for entry in session.exec(wanted.order_by(col(FieldEntry.at), col(FieldEntry.id))):
        yield entry.field, entry.value, _Worth(checked=entry.source != TYPED, at=entry.at)
