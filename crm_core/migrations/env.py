"""Runs the migrations on the connection that `crm_core.migrate` hands over."""

from typing import Any, Literal

from alembic import context

from crm_core import tables
from crm_core.models import metadata


def _render(kind: str, thing: Any, _: Any) -> str | Literal[False]:
    """A migration spells out what a column is, so that later code cannot change it."""
    if kind == "type" and isinstance(thing, tables.UtcDateTime):
        return "tables.UtcDateTime()"
    if kind == "type" and isinstance(thing, tables.Encrypted):
        return f"tables.Encrypted({thing.context!r})"
    return False


connection = context.config.attributes["connection"]
context.configure(
    connection=connection,
    target_metadata=metadata,
    render_item=_render,
    render_as_batch=connection.dialect.name == "sqlite",
    compare_type=False,
)
with context.begin_transaction():
    context.run_migrations()
