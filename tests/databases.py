"""Fresh databases on every server that the run was told about."""

import os
import shutil
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from tempfile import mkdtemp

from sqlalchemy import Engine, create_engine, make_url, text

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
    database = f"dianyu_{uuid.uuid4().hex[:12]}"
    server = create_engine(URLS[name], isolation_level="AUTOCOMMIT")
    with server.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {database}"))
    url = make_url(URLS[name]).set(database=database).render_as_string(hide_password=False)
    if migrated:
        made = make_engine(url)
        migrate.upgrade(made)
        made.dispose()
    yield url
    force = " WITH (FORCE)" if name == "postgresql" else ""
    with server.connect() as connection:
        connection.execute(text(f"DROP DATABASE {database}{force}"))
    server.dispose()
