"""Adding and editing one row by hand, with the checks of an import."""

from collections.abc import Mapping

from sqlmodel import Session

from app.imports.cells import BadCell
from app.imports.kind import Kind
from crm_core.authz import Actor
from crm_core.saving import Change


def add(session: Session, kind: Kind, actor: Actor, cells: Mapping[str, str]) -> Change:
    """Save a new row.

    Raises:
        BadCell: there is one with this key, or a cell cannot be read.
        CrmError: as the kind's service refuses.
    """
    if current(session, kind, cells) is not None:
        raise BadCell("已经有了，要改请用 edit")
    return kind.save(session, actor, [kind.read(cells)])


def edit(session: Session, kind: Kind, actor: Actor, cells: Mapping[str, str]) -> Change:
    """Change the row with this key; what is not given stays, an empty cell is emptied.

    Raises:
        BadCell: there is none with this key, or a cell cannot be read.
        CrmError: as the kind's service refuses.
    """
    known = current(session, kind, cells)
    if known is None:
        raise BadCell("没有这一条，要加请用 add")
    return kind.save(session, actor, [kind.read({**known, **cells})])


def current(session: Session, kind: Kind, cells: Mapping[str, str]) -> Mapping[str, str] | None:
    """The last row with the key of these cells, as it is listed."""
    assert kind.listed is not None
    found = [row for row in kind.listed(session) if kind.of_key(row) == kind.of_key(cells)]
    return found[-1] if found else None
