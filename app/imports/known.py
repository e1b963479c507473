"""The mapping that a source uses now."""

from app.imports import mapping
from app.imports.mapping import PLAIN, Mapping
from crm_core.authz import Actor
from crm_core.db import unit_of_work
from crm_core.imports import mappings


def of(actor: Actor, source: str | None, kind: str) -> tuple[Mapping, int | None]:
    """A source's mapping of a kind, and its id; for no source our own names.

    Raises:
        MappingNotFound: the source has none.
    """
    if source is None:
        return PLAIN, None
    with unit_of_work() as session:
        row = mappings.in_use(session, actor, source, kind)
    return mapping.read(row.definition), row.id
