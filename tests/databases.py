"""Fresh databases on every server that the run was told about."""

import atexit
import os
import shutil
import uuid
from collections import defaultdict
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from tempfile import mkdtemp

from sqlalchemy import Connection, Engine, create_engine, make_url, text

from crm_core import migrate
from crm_core.db import make_engine

URLS = {"sqlite": ""} | {
    name: os.environ[variable]
    for name, variable in {
        "postgresql": "DIANYU_TEST_POSTGRES_URL",
        "mariadb": "DIANYU_TEST_MYSQL_URL",
    }.items()
    if variable in os.environ
}


@dataclass(frozen=True)
class Database:
    name: str
    url: str
    engine: Engine


@contextmanager
def fresh(name: str, folder: Path, *, migrated: bool = True) -> Iterator[Database]:
    """A database of its own on the server called `name`, dropped afterwards."""
    make = _sqlite if name == "sqlite" else _on_server
    with make(name, folder, migrated=migrated) as url:
        made = make_engine(url)
        yield Database(name, url, made)
        made.dispose()


@contextmanager
def _sqlite(_: str, folder: Path, *, migrated: bool) -> Iterator[str]:
    path = folder / f"{uuid.uuid4().hex}.db"
    if migrated:
        shutil.copy(_migrated_sqlite(), path)
    yield f"sqlite:///{path}"


@cache
def _migrated_sqlite() -> Path:
    """Migrated once a run; a copy is faster than migrating for every test."""
    path = Path(mkdtemp(prefix="dianyu-")) / "template.db"
    made = create_engine(f"sqlite:///{path}")
    migrate.upgrade(made)
    made.dispose()
    return path


@contextmanager
def _on_server(name: str, _: Path, *, migrated: bool) -> Iterator[str]:
    """A database of the test's own, or one that earlier tests used, migrated and empty again."""
    if not migrated:
        with _made(name) as url:
            yield url
        return
    url = _free[name].pop() if _free[name] else _at_end.enter_context(_migrated(name))
    yield url
    _EMPTY[name](url)
    _free[name].append(url)


_KEPT = {"alembic_version"}
_free: dict[str, list[str]] = defaultdict(list)  # migrating one for each test takes seconds
_at_end = ExitStack()
atexit.register(_at_end.close)


@contextmanager
def _migrated(name: str) -> Iterator[str]:
    with _made(name) as url:
        made = make_engine(url)
        migrate.upgrade(made)
        made.dispose()
        yield url


@contextmanager
def _made(name: str) -> Iterator[str]:
    database = f"dianyu_{uuid.uuid4().hex[:12]}"
    force = " WITH (FORCE)" if name == "postgresql" else ""
    with _administered(URLS[name]) as connection:
        connection.execute(text(f"CREATE DATABASE {database}"))
    yield make_url(URLS[name]).set(database=database).render_as_string(hide_password=False)
    with _administered(URLS[name]) as connection:
        connection.execute(text(f"DROP DATABASE {database}{force}"))


@contextmanager
def _administered(url: str) -> Iterator[Connection]:
    server = create_engine(url, isolation_level="AUTOCOMMIT")
    with server.connect() as connection:
        yield connection
    server.dispose()


def _empty_postgres(url: str) -> None:
    """Every table that something was ever inserted into, and its ids begin anew."""
    with _administered(url) as connection:
        _end_others(connection)
        unused = text("SELECT sequencename FROM pg_sequences WHERE last_value IS NULL")
        empty = {name.removesuffix("_id_seq") for name in connection.execute(unused).scalars()}
        every = text("SELECT tablename FROM pg_tables WHERE schemaname = current_schema()")
        used = set(connection.execute(every).scalars()) - empty - _KEPT
        connection.execute(text("SET session_replication_role = replica"))  # no foreign keys
        for table in used:
            connection.execute(text(f'DELETE FROM "{table}"'))
        begin = text(
            "SELECT setval(quote_ident(sequencename)::regclass, 1, false) FROM pg_sequences"
        )
        connection.execute(begin).all()


def _end_others(connection: Connection) -> None:
    """What a test left open would make the emptying wait."""
    ended = (
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
        " WHERE datname = current_database() AND pid <> pg_backend_pid()"
    )
    connection.execute(text(ended)).all()


def _empty_mariadb(url: str) -> None:
    """Every table that something was ever inserted into, and its ids begin anew."""
    with _administered(url) as connection:
        used = connection.execute(
            text(
                "SELECT table_name FROM information_schema.tables"
                " WHERE table_schema = DATABASE() AND coalesce(auto_increment, 2) > 1"
            )
        )
        tables = set(used.scalars()) - _KEPT
        connection.execute(text("SET foreign_key_checks = 0"))
        for table in tables:
            connection.execute(text(f"DELETE FROM `{table}`"))
            connection.execute(text(f"ALTER TABLE `{table}` AUTO_INCREMENT = 1"))


_EMPTY = {"postgresql": _empty_postgres, "mariadb": _empty_mariadb}
