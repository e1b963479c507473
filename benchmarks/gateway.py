"""`make bench-gateway`: encrypted callbacks/s to stored and acknowledged.

The real gateway process on SQLite (synchronous=FULL), a Rasa stubbed at the socket, and a closed
loop of clients in a process of their own that send distinct messages of many followers, encrypted
before, and decrypt nothing. Targets: at least 300/s with p99 under 200 ms for 60 s, zero errors.
"""

import asyncio
import os
import secrets
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import chain
from pathlib import Path

import psutil

from benchmarks.callbacks import Platform
from benchmarks.chat_load import Connection
from benchmarks.chat_servers import cpu_seconds, free_port
from benchmarks.report import Metric, report
from crm_core import migrate
from crm_core.db import make_engine
from crm_core.settings import Settings, load, make_secrets

ROOT = Path(__file__).resolve().parents[1]
SECONDS = float(os.environ.get("BENCH_SECONDS", "60"))
IN_FLIGHT = 24
FOLLOWERS = 1000
AHEAD_A_SECOND = 500


def main() -> None:
    """Run it and print the figures."""
    with tempfile.TemporaryDirectory(prefix="dianyu-bench-") as home, running(Path(home)) as side:
        config, gateway = side
        before = cpu_seconds(gateway)
        latencies, errors, seconds = asyncio.run(_load(config))
        used = cpu_seconds(gateway) - before
    latencies.sort()
    report(
        "gateway",
        [
            Metric("callbacks", len(latencies) / seconds, "1/s", 300.0),
            Metric("p50", statistics.median(latencies) * 1000, "ms"),
            Metric("p99", latencies[int(len(latencies) * 0.99)] * 1000, "ms", 200.0, most=True),
            Metric("CPU of the gateway for a message", used / len(latencies) * 1000, "ms"),
            Metric("errors", float(errors), "", 0.0, most=True),
            Metric("duration", seconds, "s"),
        ],
    )


@contextmanager
def running(home: Path) -> Iterator[tuple[Settings, psutil.Process]]:
    """A gateway and the stub on free ports, with a home of their own."""
    make_secrets(home)
    port, rasa = free_port(), free_port()
    environ = {
        "DIANYU_HOME": str(home),
        "DIANYU_PORT": str(port),
        "DIANYU_RASA_URL": f"http://127.0.0.1:{rasa}",
        "DIANYU_DEMO": "on",
        "DIANYU_LOG_LEVEL": "WARNING",
    }
    os.environ |= environ
    config = load(os.environ)
    migrate.upgrade(make_engine(config.database_url))
    uvicorn = (sys.executable, "-m", "uvicorn", "--no-access-log", "--host", "127.0.0.1")
    commands = [
        (*uvicorn, "benchmarks.stub_rasa:app", "--port", str(rasa), "--log-level", "error"),
        (*uvicorn, "--factory", "app.gateway:create_app", "--port", str(port)),
    ]
    children = [subprocess.Popen(c, cwd=ROOT, env={**os.environ}) for c in commands]
    try:
        wait_for(port)
        yield config, psutil.Process(children[1].pid)
    finally:
        for child in children:
            child.terminate()
            child.wait(10)


def wait_for(port: int) -> None:
    """Until something listens on the port.

    Raises:
        TimeoutError: nothing does after half a minute.
    """
    until = time.monotonic() + 30
    while time.monotonic() < until:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
        except OSError:
            time.sleep(0.1)
        else:
            return
    raise TimeoutError(port)


async def _load(config: Settings) -> tuple[list[float], int, float]:
    messages = _encrypted(Platform(config))
    latencies: list[float] = []
    errors = 0
    began = time.monotonic()
    until = began + SECONDS

    async def one_client() -> None:
        nonlocal errors
        connection = Connection(config.port)
        while time.monotonic() < until:
            path, body = next(messages)
            sent = time.monotonic()
            answer = await connection.send(path, body, "text/xml")
            latencies.append(time.monotonic() - sent)
            errors += b"<Encrypt>" not in answer
        connection.close()

    await asyncio.gather(*(one_client() for _ in range(IN_FLIGHT)))
    return latencies, errors, time.monotonic() - began


def _encrypted(platform: Platform) -> Iterator[tuple[str, bytes]]:
    """Messages of random followers; encrypted before the load, whose cores it would take from."""
    print("encrypting the messages", flush=True)

    def message() -> tuple[str, bytes]:
        return platform.message(f"oBench{secrets.randbelow(FOLLOWERS)}", "我有多少积分")

    ahead = [message() for _ in range(int(SECONDS * AHEAD_A_SECOND))]
    return chain(ahead, iter(message, None))


if __name__ == "__main__":
    main()
