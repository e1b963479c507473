"""The processes that a stage needs besides its own: Redis, and Rasa with a trained model."""

import os
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
from redis import Redis, RedisError

from app.run import logs, processes
from app.run.errors import CannotRun
from app.run.processes import RASA_PYTHON, ROOT
from app.run.wardship import Wardship
from crm_core.settings import Settings

_GRACE_SECONDS = 10.0
_REDIS_SECONDS = 10.0
_RASA_SECONDS = 180.0
_LOOK_SECONDS = 0.1


def trained(models: Path | None, home: Path) -> Path:
    """The folder of the model to play with: `models` if it holds one, else one that is up to date.

    Training takes minutes; what it says goes to a log.

    Raises:
        CannotRun: Rasa's environment is not there, or training failed.
    """
    if models is not None and any(models.glob("*.tar.gz")):
        return models.absolute()
    folder = (models or home / "models").absolute()
    log = home / "logs" / "scenario-train.log"
    command = [RASA_PYTHON, "-m", "nlu.train", "--out", str(folder)]
    try:
        with logs.open_log(log) as out:
            done = subprocess.run(  # noqa: S603 - ours
                command, cwd=ROOT, stdout=out, stderr=subprocess.STDOUT, check=False
            )
    except FileNotFoundError:
        raise CannotRun("Rasa's environment is not there; make setup makes it.") from None
    if done.returncode != 0:
        raise _failed("training the model", log)
    return folder


@contextmanager
def redis(settings: Settings, log: Path, wardship: Wardship) -> Iterator[None]:
    """The embedded Redis of a home, while it is needed.

    Raises:
        CannotRun: it did not start.
    """
    (settings.home / "redis").mkdir(parents=True, exist_ok=True)
    (process,) = processes.redis(settings)
    with _child(process.command, log, wardship) as child:
        client = Redis.from_url(settings.redis_url)
        _wait(child, lambda: bool(client.ping()), RedisError, _REDIS_SECONDS, log)
        client.close()
        yield


@contextmanager
def rasa(models: Path, port: int, log: Path, wardship: Wardship) -> Iterator[None]:
    """Rasa on a port, warm; it finds our actions by the environment.

    Raises:
        CannotRun: it did not start.
    """
    command = (
        *(RASA_PYTHON, "-m", "bot.launcher", "--models", str(models)),
        *("--host", "127.0.0.1", "--port", str(port), "--workers", "1"),
    )
    ready = f"http://127.0.0.1:{port}/webhooks/dianyu/ready"
    with _child(command, log, wardship) as child, httpx.Client(trust_env=False) as http:
        answers = lambda: http.get(ready).is_success  # noqa: E731
        _wait(child, answers, httpx.TransportError, _RASA_SECONDS, log)
        yield


@contextmanager
def _child(
    command: tuple[str, ...], log: Path, wardship: Wardship
) -> Iterator[subprocess.Popen[bytes]]:
    with logs.open_log(log) as out:
        child = subprocess.Popen(  # noqa: S603 - ours
            command, cwd=ROOT, env=os.environ, stdin=subprocess.DEVNULL, stdout=out,
            stderr=subprocess.STDOUT, start_new_session=True,
        )  # fmt: skip
    wardship.took(child.pid)
    try:
        yield child
    finally:
        child.terminate()
        try:
            child.wait(_GRACE_SECONDS)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()
        wardship.lost(child.pid)


def _wait(
    child: subprocess.Popen[bytes],
    answers: Callable[[], bool],
    not_yet: type[Exception],
    most_seconds: float,
    log: Path,
) -> None:
    until = time.monotonic() + most_seconds
    while time.monotonic() < until and child.poll() is None:
        try:
            if answers():
                return
        except not_yet:
            pass
        time.sleep(_LOOK_SECONDS)
    raise _failed(log.stem, log)


def _failed(what: str, log: Path) -> CannotRun:
    last = "\n".join(f"  {line}" for line in logs.tail(log))
    return CannotRun(f"{what} failed; the end of {log}:\n{last}")
