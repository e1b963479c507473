"""Orders through the API with everything updated: one at a time, and in bulk."""

import asyncio
import os
import random
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

import orjson
import psutil
from sqlalchemy import Engine

from benchmarks import core_data
from benchmarks.chat_load import Connection
from benchmarks.chat_servers import free_port
from benchmarks.gateway import wait_for
from benchmarks.report import ROOT, Metric
from crm_core.apikeys import service as apikeys
from crm_core.authz import system
from crm_core.catalog import service as catalog
from crm_core.catalog.models import Product
from crm_core.db import unit_of_work

SECONDS = 10.0
TILLS = {"postgresql": 8, "sqlite": 2}  # on SQLite one writes at a time
BULK = 100
SINGLE_TARGET, BULK_TARGET = 150.0, 500.0
ARTICLE = "BENCH1"


def measured(name: str, engine: Engine, size: int, *, aimed: bool) -> Iterator[Metric]:
    """Orders/s over HTTP, and what the gateway needs of memory."""
    token = _prepared()
    with _gateway(engine) as (port, process):
        for label, bulk, target in (
            ("orders singly", 1, SINGLE_TARGET), ("orders in bulk", BULK, BULK_TARGET),
        ):  # fmt: skip
            rate = asyncio.run(_load(port, token, size, bulk, tills=TILLS[name]))
            yield Metric(f"{name}: {label}", rate, "1/s", target if aimed else None)
        memory = process.memory_info().rss / 2**20
    yield Metric(f"{name}: memory of the gateway", memory, "MiB")


def _prepared() -> str:
    with unit_of_work() as session:
        actor = system("bench")
        goods = Product(
            article_no=ARTICLE, name="压测风衣", category="风衣", styles=["通勤"], colors=["米白"],
            sizes=["M"], price_fen=89900,
        )  # fmt: skip
        catalog.save(session, actor, goods)
        return apikeys.issue(session, actor, "bench", ["order:write"]).text


@contextmanager
def _gateway(engine: Engine) -> Iterator[tuple[int, psutil.Process]]:
    port = free_port()
    url = engine.url.render_as_string(hide_password=False)
    environ = os.environ | {"DIANYU_DATABASE_URL": url, "DIANYU_PORT": str(port)}
    command = [
        *(sys.executable, "-m", "uvicorn", "--no-access-log", "--log-level", "error", "--factory"),
        *("app.gateway:create_app", "--host", "127.0.0.1", "--port", str(port)),
    ]
    child = subprocess.Popen(command, cwd=ROOT, env=environ)
    try:
        wait_for(port)
        yield port, psutil.Process(child.pid)
    finally:
        child.terminate()
        child.wait(30)


async def _load(port: int, token: str, size: int, bulk: int, *, tills: int) -> float:
    numbers, chosen = core_data.numbered("BENCH-"), random.Random(bulk)
    taken = 0
    began = time.monotonic()

    async def till() -> None:
        nonlocal taken
        connection = Connection(port, token)
        while time.monotonic() < began + SECONDS:
            orders = [_order(next(numbers), chosen.randint(1, size)) for _ in range(bulk)]
            if bulk == 1:
                await connection.send("/api/v1/orders", orjson.dumps(orders[0]), _JSON)
            else:
                body = orjson.dumps({"items": orders})
                answer = orjson.loads(await connection.send("/api/v1/orders/bulk", body, _JSON))
                _check(answer)
            taken += bulk
        connection.close()

    await asyncio.gather(*(till() for _ in range(tills)))
    return taken / (time.monotonic() - began)


def _order(number: str, customer_id: int) -> dict[str, Any]:
    line = {"product": ARTICLE, "price_fen": 89900, "size": "M", "color": "米白"}
    return {
        "order_no": number,
        "customer": {"id": customer_id},
        "paid_at": datetime.now(UTC).isoformat(),
        "lines": [line, line],
    }


def _check(answer: dict[str, Any]) -> None:
    refused = [result for result in answer["results"] if result["problem"]]
    if refused:
        raise RuntimeError(refused[0])


_JSON = "application/json"
