"""One transaction per request, dialogue action or job."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import structlog
from redis import RedisError
from sqlalchemy import Connection, Engine, create_engine, event
from sqlmodel import Session

from crm_core import queues
from crm_core.settings import settings

logger = structlog.get_logger(__name__)

_BUSY_SECONDS = 10
_AT_END = "written when reading ends"  # in Session.info
_engines: dict[str, Engine] = {}
_writer = threading.Lock()


def engine() -> Engine:
    """The engine of this process, made on first use."""
    url = settings().database_url
    if "current" not in _engines:
        _engines["current"] = make_engine(url)
    return _engines["current"]


def use(other: Engine | None) -> None:
    """Let this process work on another database (tests, scenarios); None goes back to settings."""
    if other is None:
        _engines.pop("current", None)
    else:
        _engines["current"] = other  # in one step: other threads go on working meanwhile


def make_engine(url: str) -> Engine:
    """An engine under which two writers of one row wait for each other.

    SQLite ignores FOR UPDATE, so a unit of work takes the write lock when it begins; MariaDB's
    default isolation would let a locked read see old rows.
    """
    if not url.startswith("sqlite"):
        return create_engine(
            url, isolation_level="READ COMMITTED", pool_pre_ping=True, hide_parameters=True
        )
    made = create_engine(url, connect_args={"timeout": _BUSY_SECONDS}, hide_parameters=True)
    event.listen(made, "connect", _open_sqlite)
    event.listen(made, "begin", _begin_sqlite)
    return made


@contextmanager
def unit_of_work() -> Iterator[Session]:
    """Commit once on success, then enqueue what was deferred; on error do neither."""
    with _one_writer(), Session(engine(), expire_on_commit=False) as session:
        session.connection(execution_options={"writes": True})
        yield session
        session.commit()
        deferred = session.info.pop("deferred", [])
    for queue, job, args in deferred:
        _enqueue(queue, job, args)


@contextmanager
def _one_writer() -> Iterator[None]:
    """On SQLite the writers of a process queue up here.

    SQLite itself waits by sleeping and looking again, so that some of many threads starve.
    """
    if engine().dialect.name != "sqlite":
        yield
        return
    if not _writer.acquire(timeout=_BUSY_SECONDS):
        raise TimeoutError("another transaction of this process keeps the database")
    try:
        yield
    finally:
        _writer.release()


@contextmanager
def reading() -> Iterator[Session]:
    """A session that only reads: it takes no write lock and is rolled back.

    What was asked for by `at_end_of_reading` is written afterwards, in a transaction of its own.
    """
    with Session(engine(), expire_on_commit=False) as session:
        writes = session.info.setdefault(_AT_END, [])
        yield session
    if writes:
        with unit_of_work() as session:
            for write in writes:
                write(session)


def at_end_of_reading(session: Session, write: Callable[[Session], None]) -> bool:
    """Let `write` follow when this session ends; False where it is one that writes itself."""
    if _AT_END not in session.info:
        return False
    session.info[_AT_END].append(write)
    return True


@contextmanager
def part_of_work(session: Session) -> Iterator[None]:
    """Within a unit of work: what fails here is undone, deferred jobs too, and nothing else."""
    before = len(session.info.get("deferred", []))
    try:
        with session.begin_nested():
            yield
    except BaseException:
        del session.info.get("deferred", [])[before:]
        raise


def after_commit(session: Session, job: Callable[..., Any], *args: Any, queue: str) -> None:
    """Enqueue `job` on `queue` once `session` has committed. Pass ids, never rows."""
    session.info.setdefault("deferred", []).append((queue, job, args))


def _enqueue(queue: str, job: Callable[..., Any], args: tuple[Any, ...]) -> None:
    try:
        queues.enqueue(queue, job, *args)
    except RedisError as error:  # the row is committed, so the sweeper will find it
        logger.warning("not enqueued", job=job.__name__, args=args, error=type(error).__name__)


def _open_sqlite(connection: Any, _: object) -> None:
    connection.isolation_level = None  # transactions are begun below, not by the driver
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON"):
        connection.execute(f"PRAGMA {pragma}")


def _begin_sqlite(connection: Connection) -> None:
    writes = connection.get_execution_options().get("writes", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")
