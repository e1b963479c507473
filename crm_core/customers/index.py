"""The keyed index: finding encrypted customers by what is said about them."""

from collections.abc import Iterable

from sqlalchemy import insert
from sqlmodel import Session, col, delete, select

from crm_core import crypto
from crm_core.customers import keys
from crm_core.customers.keys import Key
from crm_core.customers.models import Customer, Identity, IdentityKind, SearchKey, SearchKind

_INSERT = insert(SearchKey.__table__)  # type: ignore[attr-defined]


def renew(session: Session, customer: Customer) -> None:
    """Let the customer be found by what its record says now, and by nothing else."""
    session.flush()
    wanted = {(kind, digest(kind, value)) for kind, value in _all_keys(session, customer)}
    known = {
        (row.kind, row.digest): row.id
        for row in session.exec(select(SearchKey).where(SearchKey.customer_id == customer.id))
    }
    if gone := [row_id for key, row_id in known.items() if key not in wanted]:
        session.exec(delete(SearchKey).where(col(SearchKey.id).in_(gone)))
    if new := sorted(wanted - known.keys()):
        rows = [{"customer_id": customer.id, "kind": kind, "digest": of} for kind, of in new]
        session.connection().execute(_INSERT, rows)


def matching(session: Session, wanted: Iterable[Key]) -> set[int]:
    """The ids of the customers who have all of these keys; none for no keys."""
    found: set[int] | None = None
    for kind, value in wanted:
        same = SearchKey.kind == kind, col(SearchKey.digest).in_(_digests(kind, value))
        ids = set(session.exec(select(SearchKey.customer_id).where(*same)))
        found = ids if found is None else found & ids
    return found or set()


def matching_any(session: Session, wanted: Iterable[Key]) -> set[int]:
    """The ids of the customers who have one of these keys at least."""
    by_kind: dict[SearchKind, set[str]] = {}
    for kind, value in wanted:
        by_kind.setdefault(kind, set()).update(_digests(kind, value))
    found: set[int] = set()
    for kind, digests in by_kind.items():
        same = SearchKey.kind == kind, col(SearchKey.digest).in_(sorted(digests))
        found.update(session.exec(select(SearchKey.customer_id).where(*same)))
    return found


def digest(kind: SearchKind, value: str) -> str:
    """What is kept of a key."""
    return crypto.digest(f"search {kind.value}", value)


def _digests(kind: SearchKind, value: str) -> list[str]:
    """What may be kept of a key while the shop's secret is being changed."""
    return crypto.digests(f"search {kind.value}", value)


def _all_keys(session: Session, customer: Customer) -> set[Key]:
    """Also a phone that is only an identity: a merged record has several."""
    theirs = Identity.customer_id == customer.id, Identity.kind == IdentityKind.PHONE
    found = keys.of(customer)
    for phone in session.exec(select(Identity).where(*theirs)):
        found |= keys.of_phone(phone.value)
    return found
