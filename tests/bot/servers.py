"""Real servers for the tests, on free ports of the loopback, ended with the fixture."""

import json
import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
SECRET = "the tests' own secret"
STARTING_SECONDS = 300  # on a laptop 15, on a busy machine with other builds some minutes


@dataclass(frozen=True)
class Answer:
    status: int
    body: Any


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


def call(url: str, data: Any = None, *, secret: str | None = SECRET) -> Answer:
    """POST `data` (bytes go as they are), or GET where there is none."""
    body = data if data is None or isinstance(data, bytes) else json.dumps(data).encode()
    headers = {"Content-Type": "application/json"}
    if secret is not None:
        headers["Authorization"] = f"Bearer {secret}"
    request = urllib.request.Request(url, body, headers)
    try:
        with urllib.request.urlopen(request, timeout=60) as response:
            return Answer(response.status, json.load(response))
    except urllib.error.HTTPError as error:
        raw = error.read()
        return Answer(error.code, json.loads(raw) if raw else None)


@contextmanager
def child(*command: str, **environment: str) -> Iterator[subprocess.Popen[bytes]]:
    process = subprocess.Popen(
        [sys.executable, "-m", *command],
        cwd=ROOT,
        env={**os.environ, "RASA_TELEMETRY_ENABLED": "false", **environment},
        stderr=subprocess.PIPE,
    )
    try:
        yield process
    finally:
        process.terminate()
        process.communicate(timeout=30)


def wait_for(url: str, process: subprocess.Popen[bytes]) -> None:
    """Until `url` answers 200; a process that ended is an error at once."""
    _wait(url, process, {200})


def wait_for_any_answer(url: str, process: subprocess.Popen[bytes]) -> None:
    """Until something listens."""
    _wait(url, process, set(range(600)))


def _wait(url: str, process: subprocess.Popen[bytes], statuses: set[int]) -> None:
    until = time.monotonic() + STARTING_SECONDS
    while time.monotonic() < until:
        if process.poll() is not None:
            raise RuntimeError(process.stderr.read().decode() if process.stderr else "ended")
        try:
            if call(url).status in statuses:
                return
        except (urllib.error.URLError, ConnectionError):
            pass
        time.sleep(0.1)
    raise TimeoutError(url)


@contextmanager
def action_server() -> Iterator[str]:
    port = free_port()
    with child("tests.bot.action_server", str(port), SECRET) as process:
        wait_for(f"http://127.0.0.1:{port}/seen", process)
        yield f"http://127.0.0.1:{port}"


@contextmanager
def launcher(models: Path, actions: str, workers: int = 1) -> Iterator[str]:
    with launched(models, actions, workers) as (url, _):
        yield url


@contextmanager
def launched(
    models: Path, actions: str, workers: int = 1
) -> Iterator[tuple[str, subprocess.Popen[bytes]]]:
    port = free_port()
    with child(
        *("bot.launcher", "--models", str(models)),
        *("--port", str(port), "--workers", str(workers)),
        DIANYU_INTERNAL_URL=actions,
        DIANYU_INTERNAL_SECRET=SECRET,
    ) as process:
        url = f"http://127.0.0.1:{port}/webhooks/dianyu"
        wait_for(f"{url}/ready", process)
        yield url, process


@contextmanager
def stock_rasa(models: Path, actions: str, home: Path) -> Iterator[str]:
    """`rasa run` as it comes, with its REST webhook and its tracker in memory."""
    port = free_port()
    endpoints, credentials = home / "endpoints.yml", home / "credentials.yml"
    endpoint = {
        "url": f"{actions}/internal/actions",
        "headers": {"Authorization": f"Bearer {SECRET}"},
    }
    endpoints.write_text(json.dumps({"action_endpoint": endpoint}))
    credentials.write_text(json.dumps({"rest": {}}))
    with child(
        *("rasa", "run", "--enable-api", "--model", str(models)),
        *("--interface", "127.0.0.1", "--port", str(port)),
        *("--endpoints", str(endpoints), "--credentials", str(credentials)),
        LOG_LEVEL="ERROR",
    ) as process:
        wait_for(f"http://127.0.0.1:{port}/status", process)
        yield f"http://127.0.0.1:{port}"
