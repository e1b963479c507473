"""Bringing a database to this release's schema, and back."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, Engine

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
    with target.connect().execution_options(writes=True) as connection, _unchecked(connection):
        made = config()
        made.attributes["connection"] = connection
        step(made, revision)
        connection.commit()


@contextmanager
def _unchecked(connection: Connection) -> Iterator[None]:
    """SQLite changes a table by copying it and dropping the old one, which its rows' children
    would refuse; so foreign keys are looked at once, afterwards.
    """
    if connection.dialect.name != "sqlite":
        yield
        return
    _pragma(connection, "foreign_keys=OFF")
    try:
        yield
        broken = connection.exec_driver_sql("PRAGMA foreign_key_check").all()
        connection.rollback()
    finally:
        _pragma(connection, "foreign_keys=ON")
    if broken:
        raise RuntimeError(f"the migration broke foreign keys: {broken[:5]}")


def _pragma(connection: Connection, pragma: str) -> None:
    """A pragma that has no effect inside a transaction, and so goes past SQLAlchemy's."""
    connection.rollback()
    driver = connection.connection.driver_connection
    assert driver is not None
    driver.execute(f"PRAGMA {pragma}")
