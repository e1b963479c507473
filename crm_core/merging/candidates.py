"""Which records are worth comparing: those that share a key of the index."""

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import TypeVar

from sqlalchemy import ColumnElement, Connection, FromClause, Table, and_, func, select
from sqlmodel import Session

from crm_core.customers import index, keys
from crm_core.customers.models import Customer, Identity, IdentityKind, SearchKey, SearchKind
from crm_core.merging import signs
from crm_core.merging.signs import Known

Item = TypeVar("Item")
Pair = tuple[int, int]  # the lower number first

_KEYS: Table = SearchKey.__table__  # type: ignore[attr-defined]
_CUSTOMERS: Table = Customer.__table__  # type: ignore[attr-defined]
_IDENTITIES: Table = Identity.__table__  # type: ignore[attr-defined]
_SHARED = (
    SearchKind.PHONE, SearchKind.PHONE_SLIP, SearchKind.NAME_BIRTHDAY, SearchKind.ADDRESS,
)  # fmt: skip
_TOO_COMMON = 50  # customers with one key: a dormitory, a made-up number
_AT_ONCE = 500


def of_range(session: Session, first_id: int, last_id: int) -> set[Pair]:
    """The pairs whose lower number lies in this range."""
    session.flush()
    connection = session.connection()
    found: set[Pair] = set()
    for kind in _SHARED:
        found |= _sharing(connection, kind, first_id, last_id)
    found |= _of_one_day(connection, first_id, last_id)
    return found | _swapped(session, first_id, last_id)


def of_one(session: Session, customer_id: int) -> set[Pair]:
    """The pairs of this customer with any other."""
    session.flush()
    mine, theirs = _KEYS.alias(), _KEYS.alias()
    wanted = (
        select(theirs.c.customer_id)
        .join(mine, (theirs.c.kind == mine.c.kind) & (theirs.c.digest == mine.c.digest))
        .where(mine.c.kind.in_(_SHARED), mine.c.customer_id == customer_id)
    )
    others = set(session.connection().execute(wanted.limit(_TOO_COMMON * len(_SHARED))).scalars())
    phones = load(session, [customer_id])[customer_id].phones
    others |= index.matching_any(session, _swaps(phones))
    return {(min(customer_id, other), max(customer_id, other)) for other in others - {customer_id}}


def load(session: Session, ids: Iterable[int]) -> dict[int, Known]:
    """What these records say, those that are their own still."""
    found: dict[int, Known] = {}
    connection = session.connection()
    for chunk in chunks(sorted(set(ids))):
        phones = _phones(connection, chunk)
        said = _CUSTOMERS.c
        wanted = select(said.id, said.name, said.phone, said.birthday, said.address)
        theirs = said.id.in_(chunk), said.joined_into.is_(None)
        for row in connection.execute(wanted.where(*theirs)):
            found[row.id] = signs.known(
                row.id, row.name, {row.phone} | phones.get(row.id, set()), row.birthday, row.address
            )
    return found


def _sharing(connection: Connection, kind: SearchKind, first_id: int, last_id: int) -> set[Pair]:
    mine, theirs = _KEYS.alias(), _KEYS.alias()
    wanted = (
        select(mine.c.customer_id, theirs.c.customer_id, mine.c.digest)
        .join(theirs, _same(mine, theirs))
        .where(mine.c.kind == kind, mine.c.customer_id.between(first_id, last_id))
    )
    found = [tuple(row) for row in connection.execute(wanted)]
    common = _too_common(connection, kind, {digest for *_, digest in found})
    return {(one, other) for one, other, digest in found if digest not in common}


def _same(mine: FromClause, theirs: FromClause) -> ColumnElement[bool]:
    """Another customer, with a higher number, has the same key."""
    return and_(
        theirs.c.kind == mine.c.kind,
        theirs.c.digest == mine.c.digest,
        theirs.c.customer_id > mine.c.customer_id,
    )


def _too_common(connection: Connection, kind: SearchKind, digests: set[str]) -> set[str]:
    """Keys of so many that they tell nothing."""
    found: set[str] = set()
    for chunk in chunks(sorted(digests)):
        wanted = (
            select(_KEYS.c.digest)
            .where(_KEYS.c.kind == kind, _KEYS.c.digest.in_(chunk))
            .group_by(_KEYS.c.digest)
            .having(func.count() > _TOO_COMMON)
        )
        found.update(connection.execute(wanted).scalars())
    return found


def _of_one_day(connection: Connection, first_id: int, last_id: int) -> set[Pair]:
    """One surname and one day of birth: the given name may have a slip."""
    day, other_day = _KEYS.alias(), _KEYS.alias()
    name, other_name = _KEYS.alias(), _KEYS.alias()
    wanted = (
        select(day.c.customer_id, other_day.c.customer_id)
        .join(other_day, _same(day, other_day))
        .join(name, name.c.customer_id == day.c.customer_id)
        .join(
            other_name,
            and_(other_name.c.customer_id == other_day.c.customer_id, _same(name, other_name)),
        )
        .where(
            day.c.kind == SearchKind.BIRTH_DAY,
            name.c.kind == SearchKind.SURNAME,
            day.c.customer_id.between(first_id, last_id),
        )
    )
    return {(one, other) for one, other in connection.execute(wanted)}


def _swapped(session: Session, first_id: int, last_id: int) -> set[Pair]:
    """Two digits of the phone changed places."""
    connection = session.connection()
    numbered = select(_CUSTOMERS.c.id).where(_CUSTOMERS.c.id.between(first_id, last_id))
    by_digest: dict[str, set[int]] = {}
    for one in load(session, connection.execute(numbered).scalars()).values():
        for kind, swapped in _swaps(one.phones):
            by_digest.setdefault(index.digest(kind, swapped), set()).add(one.id)
    found: set[Pair] = set()
    for chunk in chunks(sorted(by_digest)):
        wanted = select(_KEYS.c.digest, _KEYS.c.customer_id).where(
            _KEYS.c.kind == SearchKind.PHONE, _KEYS.c.digest.in_(chunk)
        )
        for digest, other in connection.execute(wanted):
            found |= {(min(one, other), max(one, other)) for one in by_digest[digest] - {other}}
    return found


def _swaps(phones: Iterable[str]) -> list[keys.Key]:
    return [(SearchKind.PHONE, swapped) for phone in phones for swapped in keys.swaps(phone)]


def _phones(connection: Connection, ids: list[int]) -> dict[int, set[str | None]]:
    of_them = _IDENTITIES.c.kind == IdentityKind.PHONE, _IDENTITIES.c.customer_id.in_(ids)
    wanted = select(_IDENTITIES.c.customer_id, _IDENTITIES.c.value).where(*of_them)
    found: dict[int, set[str | None]] = {}
    for customer_id, phone in connection.execute(wanted):
        found.setdefault(customer_id, set()).add(phone)
    return found


def chunks(items: Iterable[Item]) -> Iterator[list[Item]]:
    """The items in lots of a size that fits a statement."""
    left = iter(items)
    while chunk := list(islice(left, _AT_ONCE)):
        yield chunk
