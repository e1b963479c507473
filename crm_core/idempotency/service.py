"""One answer for one request, however often it is sent, by how many at once.

The row is written first, in the transaction of what is done: whoever comes second waits for it at
the unique constraint, and then finds either the answer or, if the first came to nothing, no row.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy.exc import IntegrityError
from sqlmodel import Session, col, delete, select

from crm_core.clock import now
from crm_core.db import unit_of_work
from crm_core.errors import CrmError
from crm_core.idempotency.models import KeptAnswer

KEPT = timedelta(days=7)  # longer than any till goes on trying


class KeyReused(CrmError):
    """The key came before with another request."""

    code = "idempotency_key_reused"


@dataclass(frozen=True)
class Request:
    """Who asks, under which key, for what."""

    caller: str
    key: str
    digest: str


def digest(*parts: bytes) -> str:
    """What two requests must have in common to be one."""
    return hashlib.sha256(b"\0".join(parts)).hexdigest()


def claim(session: Session, request: Request) -> tuple[KeptAnswer, bool]:
    """The row of this request, and whether it is the first: then it has to be answered by `keep`.

    Raises:
        KeyReused: the key came before with another request.
    """
    row = KeptAnswer(
        caller=request.caller, key=request.key, digest=request.digest, created_at=now()
    )
    try:
        with session.begin_nested():
            session.add(row)
            session.flush()
    except IntegrityError:
        return _earlier(session, request), False
    return row, True


def keep(
    session: Session, row: KeptAnswer, status: int, headers: Mapping[str, str], body: Any
) -> None:
    """Keep what the first was answered."""
    row.status, row.headers, row.body = status, dict(headers), body
    session.add(row)


def forget_old() -> None:
    """Drop the answers that nobody will ask for again."""
    with unit_of_work() as session:
        session.exec(delete(KeptAnswer).where(col(KeptAnswer.created_at) < now() - KEPT))


def _earlier(session: Session, request: Request) -> KeptAnswer:
    same = KeptAnswer.caller == request.caller, KeptAnswer.key == request.key
    row = session.exec(select(KeptAnswer).where(*same)).one()
    if row.digest != request.digest:
        raise KeyReused(request.key, name=request.key)
    return row
