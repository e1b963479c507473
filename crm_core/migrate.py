"""Bringing a database to this release's schema, and back."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import Engine

from crm_core.db import engine


def upgrade(target: Engine | None = None, revision: str = "head") -> None:
    """Migrate `target` (the configured database if none is given) up to `revision`."""
    _run(command.upgrade, target or engine(), revision)


def downgrade(target: Engine | None = None, revision: str = "base") -> None:
    """Migrate down to `revision`; data that the older schema cannot hold are lost."""
    _run(command.downgrade, target or engine(), revision)


def config() -> Config:
    """Alembic's configuration; there is no alembic.ini."""
    made = Config()
    made.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    made.set_main_option("path_separator", "os")
    return made


def _run(step: object, target: Engine, revision: str) -> None:
    assert callable(step)
    with target.connect().execution_options(writes=True) as connection:
        made = config()
        made.attributes["connection"] = connection
        step(made, revision)
        connection.commit()
