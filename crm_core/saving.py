"""Adding or changing a row that people know by a natural key: a code, an article number."""

from enum import StrEnum, auto
from typing import TypeVar

from sqlalchemy.exc import IntegrityError
from sqlmodel import Session, SQLModel, select

from crm_core.audit import service as audit
from crm_core.authz import Actor, Permission
from crm_core.errors import CrmError

Row = TypeVar("Row", bound=SQLModel)

_OURS = {"id", "created_at", "changed_at"}  # not the caller's to set


class Change(StrEnum):
    """What saving a row did."""

    ADDED = auto()
    CHANGED = auto()
    SAME = auto()


class Taken(CrmError):
    """Another row has what must be unique besides the key: a shop's name, say."""

    code = "taken"


def put(session: Session, actor: Actor, wanted: Row, key: str) -> tuple[Row, Change]:
    """Add `wanted`, or make the row with the same `key` equal to it. Repeating changes nothing.

    Raises:
        Forbidden: the actor may not set up the shop.
        Taken: another row has a value that must be unique.
    """
    actor.require(Permission.SETUP_WRITE)
    kind = type(wanted)
    same_key = getattr(kind, key) == getattr(wanted, key)
    found = session.exec(select(kind).where(same_key).with_for_update()).one_or_none()
    fields = {name: getattr(wanted, name) for name in kind.model_fields if name not in _OURS}
    changed = {n: v for n, v in fields.items() if found is None or getattr(found, n) != v}
    if found is not None and not changed:
        return found, Change.SAME
    row = _keep(session, found or wanted, changed, getattr(wanted, key))
    table = str(kind.__tablename__)
    subject = f"{table}:{row.id}"  # type: ignore[attr-defined]  # every table has one
    audit.record(session, actor, f"{table}:save", subject, fields=sorted(changed))
    return row, Change.CHANGED if found else Change.ADDED


def _keep(session: Session, row: Row, changed: dict[str, object], key: str) -> Row:
    try:
        with session.begin_nested():
            for name, value in changed.items():
                setattr(row, name, value)
            session.add(row)
            session.flush()
    except IntegrityError:
        raise Taken(key, name=key) from None
    return row
