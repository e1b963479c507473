"""The keyed index: finding encrypted customers by what is said about them."""

from collections.abc import Iterable

from sqlmodel import Session, col, delete, select

from crm_core import crypto
from crm_core.customers.models import SearchKey, SearchKind


def put(session: Session, customer_id: int, kind: SearchKind, value: str) -> None:
    """Let the customer be found by `value`, and no longer by an earlier value of this kind."""
    drop(session, customer_id, kind)
    session.add(SearchKey(customer_id=customer_id, kind=kind, digest=_digest(kind, value)))


def drop(session: Session, customer_id: int, kind: SearchKind) -> None:
    """Let the customer no longer be found by any value of this kind."""
    old = col(SearchKey.customer_id) == customer_id, col(SearchKey.kind) == kind
    session.exec(delete(SearchKey).where(*old))


def matching(session: Session, keys: Iterable[tuple[SearchKind, str]]) -> set[int]:
    """The ids of the customers who have all of `keys`; none for no keys."""
    found: set[int] | None = None
    for kind, value in keys:
        wanted = select(SearchKey.customer_id).where(
            SearchKey.kind == kind, SearchKey.digest == _digest(kind, value)
        )
        ids = set(session.exec(wanted))
        found = ids if found is None else found & ids
    return found or set()


def _digest(kind: SearchKind, value: str) -> str:
    return crypto.digest(f"search {kind.value}", value)
