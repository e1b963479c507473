"""`make bench-imports`: a file of orders taken in, by lines a second, and the memory it needs.

On the PostgreSQL of DIANYU_TEST_POSTGRES_URL where one is named, and on SQLite beside it. The
customers and goods stand already; a file is made, imported by the public import (read, staged,
checked, added), and what follows (levels, figures) is measured apart. BENCH_LINES sets
another number of lines.
"""

import os
import random
import resource
import tempfile
import time
from pathlib import Path

from rich.progress import Progress
from sqlmodel import Session

from app.imports import whole
from app.imports.whole import Task
from benchmarks.report import Metric, report
from crm_core import db
from crm_core.authz import system
from crm_core.catalog.models import Product
from crm_core.customers import takeover
from crm_core.customers.takeover import Record
from crm_core.db import unit_of_work
from crm_core.settings import settings
from tests.databases import URLS, fresh

_LINES = 1_000_000
_CUSTOMERS = 2_000
_GOODS = 500
_LINES_AN_ORDER = 3
_AT_ONCE = 500
_TARGET = 20_000.0
_MOST_MB = 300.0
_ACTOR = system("bench")
_HEADER = "order_no,paid_at,card_no,product,size,color,quantity,price,earns"


def main() -> None:
    """Run it and print the figures."""
    lines = int(os.environ.get("BENCH_LINES", _LINES))
    os.environ.setdefault("DIANYU_SECRET_KEY", "the benchmark's own")
    settings.cache_clear()
    metrics: list[Metric] = []
    with tempfile.TemporaryDirectory(prefix="dianyu-bench-") as home:
        file = _file(Path(home), lines)
        for name in URLS:
            if name != "mariadb":
                metrics += _measured(name, Path(home), file, lines)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    metrics.append(Metric("peak memory", peak, "MB", _MOST_MB, most=True))
    report("imports", metrics)


def _measured(name: str, home: Path, file: Path, lines: int) -> list[Metric]:
    phases: dict[str, float] = {}
    with fresh(name, home) as database, Progress(transient=True) as progress:
        db.use(database.engine)
        _stock_up()
        bar = progress.add_task(name, total=None)

        def shown(what: str, done: int, of: int) -> None:
            phases[what] = time.monotonic()
            progress.update(bar, description=f"{name}: {what}", completed=done, total=of)

        began = time.monotonic()
        run = whole.run(_ACTOR, Task(file, home / "errors.csv", shown=shown))
        ended = time.monotonic()
        db.use(None)
    added = phases.get("保存", ended)
    target = _TARGET if name == "postgresql" else None
    return [
        Metric(f"{name}: lines", lines / (added - began), "1/s", target),
        Metric(f"{name}: levels and figures afterwards", ended - added, "s"),
        Metric(f"{name}: failed", float(run.failed), "", 0.0, most=True),
    ]


def _file(home: Path, lines: int) -> Path:
    print(f"writing {lines:,} lines", flush=True)
    chosen = random.Random(1)
    path = home / "orders.csv"
    with path.open("w", encoding="utf-8") as out:
        out.write(f"{_HEADER}\n")
        for number in range(lines):
            order = number // _LINES_AN_ORDER
            day, minute = order % 28 + 1, order % 60
            goods, fen = chosen.randrange(_GOODS), chosen.randrange(10_000, 90_000)
            out.write(
                f"DD{order},2026-03-{day:02} 14:{minute:02},V{order % _CUSTOMERS:05},A{goods},M,"
                f"驼色,1,{fen // 100}.{fen % 100:02},否\n"
            )
    return path


def _stock_up() -> None:
    with unit_of_work() as session:
        for number in range(_GOODS):
            session.add(_product(number))
    for begin in range(0, _CUSTOMERS, _AT_ONCE):
        with unit_of_work() as session:
            _add(session, begin)


def _add(session: Session, begin: int) -> None:
    for number in range(begin, begin + _AT_ONCE):
        takeover.put(session, _ACTOR, Record(card_no=f"V{number:05}"))


def _product(number: int) -> Product:
    kinds = ("大衣", "连衣裙", "风衣", "毛衣")
    return Product(
        article_no=f"A{number}",
        name=f"款{number}",
        category=kinds[number % len(kinds)],
        styles=["通勤"],
        price_fen=99900,
    )


if __name__ == "__main__":
    main()
