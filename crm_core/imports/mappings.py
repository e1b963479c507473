"""How sources name their columns, kept under version: a change never touches an older one."""

from typing import Any

from sqlmodel import Session, col, select

from crm_core.audit import service as audit
from crm_core.authz import Actor, Permission
from crm_core.errors import CrmError, Kind
from crm_core.imports.models import ImportMapping


class MappingNotFound(CrmError):
    code = "mapping_not_found"
    kind = Kind.NOT_FOUND


def keep(
    session: Session, actor: Actor, source: str, kind: str, definition: dict[str, Any]
) -> ImportMapping:
    """A new version of a source's mapping, from now on in use; the same again is no new one.

    Raises:
        Forbidden: the actor may not set up the shop.
    """
    actor.require(Permission.SETUP_WRITE)
    known = _latest(session, source, kind)
    if known is not None and known.definition == definition:
        return known
    row = ImportMapping(
        source=source,
        kind=kind,
        version=known.version + 1 if known else 1,
        definition=definition,
        actor=actor.name,
    )
    session.add(row)
    session.flush()
    audit.record(session, actor, "mapping:keep", f"mapping:{source}:{kind}", version=row.version)
    return row


def in_use(session: Session, actor: Actor, source: str, kind: str) -> ImportMapping:
    """The newest version of a source's mapping.

    Raises:
        Forbidden: the actor may not set up the shop.
        MappingNotFound: there is none.
    """
    actor.require(Permission.SETUP_WRITE)
    if (found := _latest(session, source, kind)) is None:
        raise MappingNotFound(source, source=source, kind=kind)
    return found


def _latest(session: Session, source: str, kind: str) -> ImportMapping | None:
    same = ImportMapping.source == source, ImportMapping.kind == kind
    newest = select(ImportMapping).where(*same).order_by(col(ImportMapping.version).desc())
    return session.exec(newest.limit(1).with_for_update()).first()
