"""`make bench-core`: the core on a chain's worth of customers, against plain SQL.

A million customers and ten million order lines, generated once into a database of the benchmark's
own: on the PostgreSQL that DIANYU_TEST_POSTGRES_URL names, and on SQLite under var/bench, printed
beside it. Each question is asked of our service and in plain hand-written SQL by turns.
"""

import argparse
import os
import random
import resource
import statistics
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Engine, create_engine, make_url, text
from sqlmodel import Session

from benchmarks import core_api, core_data
from benchmarks.chat_servers import free_port, redis
from benchmarks.report import ROOT, Metric, report
from crm_core import clock, db
from crm_core.authz import system
from crm_core.customers import service as customers
from crm_core.customers.models import IdentityKind
from crm_core.db import make_engine, reading, unit_of_work
from crm_core.points import service as points
from crm_core.segments import service as segments
from crm_core.segments.rule import InSegment

ACTOR = system("bench")
ROUNDS = 5
LOOKUPS, SPENDS = 2_000, 1_000
NAME = "dianyu_bench_core"
FIVE_CLAUSES = (
    "最近一次购买距今超过 30 天，且购买次数不少于 2 次，且客单价不少于 200 元，"
    "且偏好品类是「连衣裙」，且退货率不超过 20 %"
)
RFM = {
    "忠诚": """
        SELECT count(*) FROM customer c JOIN customer_figures f ON f.customer_id = c.id
        JOIN (SELECT customer_id, count(*) AS orders, sum(total_fen - refunded_fen) AS fen
              FROM sales_order WHERE state <> 'returned' AND paid_at >= :year GROUP BY customer_id
             ) y ON y.customer_id = c.id
        WHERE c.joined_into IS NULL AND f.last_at > :fortnight
          AND y.orders >= 5 AND y.fen >= 50000""",
    "沉睡": """
        SELECT count(*) FROM customer c JOIN customer_figures f ON f.customer_id = c.id
        WHERE c.joined_into IS NULL AND f.last_at < :quarter
          AND f.orders <= 2 AND f.spent_fen < 30000""",
}


def main() -> int:
    """The command line; 1 where a target was missed."""
    given = _arguments()
    metrics: list[Metric] = []
    with redis(given.redis_port):
        for name in given.databases:
            with _database(name, given.customers) as engine:
                core_data.fill(engine, given.customers, given.customers * 10, given.at)
                metrics += _measured(name, engine, given.customers)
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    metrics.append(Metric("memory of the benchmark's process, at most", memory, "MiB"))
    print(report("core", metrics))
    return int(any(metric.met is False for metric in metrics))


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--customers", type=int, default=1_000_000, help="lines are ten times that")
    databases = ["postgresql", "sqlite"]
    parser.add_argument("--databases", nargs="+", choices=databases, default=databases)
    given = parser.parse_args()
    given.at = datetime.now(UTC)
    given.redis_port = free_port()
    os.environ |= {
        "DIANYU_SECRET_KEY": "of a benchmark, whose people do not exist",
        "DIANYU_INTERNAL_SECRET": "bench",
        "DIANYU_REDIS_URL": f"redis://127.0.0.1:{given.redis_port}/0",
        "DIANYU_HOME": str(ROOT / "var" / "bench" / "core"),
        "DIANYU_LOG_LEVEL": "ERROR",
    }
    return given


@contextmanager
def _database(name: str, size: int) -> Iterator[Engine]:
    """The benchmark's own database of this size, kept for the next run."""
    url = _sqlite(size) if name == "sqlite" else _postgres(size)
    engine = make_engine(url)
    db.use(engine)
    yield engine
    db.use(None)
    engine.dispose()


def _sqlite(size: int) -> str:
    folder = ROOT / "var" / "bench" / "core"
    folder.mkdir(parents=True, exist_ok=True)
    return f"sqlite:///{folder}/{size}.db"


def _postgres(size: int) -> str:
    if "DIANYU_TEST_POSTGRES_URL" not in os.environ:
        sys.exit("DIANYU_TEST_POSTGRES_URL names no PostgreSQL; --databases sqlite needs none.")
    server = make_url(os.environ["DIANYU_TEST_POSTGRES_URL"])
    name = f"{NAME}_{size}"
    with create_engine(server, isolation_level="AUTOCOMMIT").connect() as connection:
        known = text("SELECT 1 FROM pg_database WHERE datname = :name")
        if connection.execute(known, {"name": name}).first() is None:
            connection.execute(text(f"CREATE DATABASE {name}"))
    return server.set(database=name).render_as_string(hide_password=False)


def _measured(name: str, engine: Engine, size: int) -> Iterator[Metric]:
    aimed = name == "postgresql"
    for segment, plain in RFM.items():
        yield _against_plain(f"{name}: {segment}", segment, plain, aimed=aimed)
    seconds, _ = _timed(lambda session: segments.count(session, ACTOR, _five()))
    yield Metric(f"{name}: five clauses", seconds, "s", 2.0 if aimed else None, most=True)
    yield _p99(f"{name}: look-up by phone", _lookups(size), 5.0 if aimed else None)
    yield _p99(f"{name}: points spend", _spends(size), 10.0 if aimed else None)
    yield from core_api.measured(name, engine, size, aimed=aimed)


def _five() -> Any:
    return segments.understood(FIVE_CLAUSES)


def _against_plain(label: str, segment: str, plain: str, *, aimed: bool) -> Metric:
    """Ours and plain SQL by turns, after one unmeasured round; both must count the same."""
    at = clock.now()
    days = {"year": 365, "quarter": 90, "fortnight": 15}
    bound = {name: at - timedelta(days=number) for name, number in days.items()}

    def by_hand(session: Session) -> int:
        statement = text(plain)
        used: dict[str, Any] = {n: value for n, value in bound.items() if f":{n}" in plain}
        if session.get_bind().dialect.name == "sqlite":
            used = {name: f"{value:%Y-%m-%d %H:%M:%S.%f}" for name, value in used.items()}
        return int(session.connection().execute(statement, used).scalar_one())

    def ours(session: Session) -> int:
        return segments.count(session, ACTOR, InSegment(segment))

    taken: dict[Callable[[Session], int], list[float]] = {by_hand: [], ours: []}
    for turn in range(ROUNDS + 1):
        for ask, times in taken.items():
            seconds, _ = _timed(ask)
            if turn:
                times.append(seconds)
    plainly, seconds = (statistics.median(times) for times in taken.values())
    target = 1.2 * plainly if aimed else None
    return Metric(label, seconds, "s", target, most=True, baseline=plainly)


def _timed(ask: Callable[[Session], int]) -> tuple[float, int]:
    with reading() as session:
        began = time.perf_counter()
        answer = ask(session)
        return time.perf_counter() - began, answer


def _lookups(size: int) -> Iterator[float]:
    chosen = random.Random(1)
    for _ in range(LOOKUPS):
        wanted = core_data.phone(chosen.randint(1, size))
        with reading() as session:
            began = time.perf_counter()
            found = customers.by_identity(session, IdentityKind.PHONE, wanted)
            yield time.perf_counter() - began
        if found is None:
            raise LookupError(wanted)


def _spends(size: int) -> Iterator[float]:
    chosen, refs = random.Random(2), core_data.numbered("bench-spend-")
    for _ in range(SPENDS):
        customer_id = chosen.randint(1, size)
        began = time.perf_counter()
        with unit_of_work() as session:
            points.spend(session, ACTOR, customer_id, 10, note="压测", ref=next(refs))
        yield time.perf_counter() - began


def _p99(label: str, times: Iterator[float], target: float | None) -> Metric:
    ordered = sorted(times)
    value = ordered[int(len(ordered) * 0.99)] * 1000
    return Metric(f"{label}, p99", value, "ms", target, most=True)


if __name__ == "__main__":
    sys.exit(main())
