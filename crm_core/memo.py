"""What holds for a whole transaction, the shop's rules mostly, is looked up once in it."""

from collections.abc import Callable
from typing import TypeVar

from sqlalchemy.orm import SessionTransaction
from sqlmodel import Session

T = TypeVar("T")
_KEY = "memo"


def once(session: Session, name: str, look: Callable[[], T]) -> T:
    """What `look` returns, or returned earlier in this transaction under this name."""
    known = _known(session)
    if name not in known:
        known[name] = look()
    found: T = known[name]  # type: ignore[assignment]
    return found


def forget(session: Session, name: str) -> None:
    """Look again: this transaction has changed it."""
    _known(session).pop(name, None)


def _known(session: Session) -> dict[str, object]:
    transaction = session.get_transaction()
    if transaction is None:  # nothing was asked yet
        session.begin()
        transaction = session.get_transaction()
    kept: tuple[SessionTransaction | None, dict[str, object]] = session.info.get(_KEY, (None, {}))
    if kept[0] is not transaction:
        kept = session.info[_KEY] = (transaction, {})
    return kept[1]
