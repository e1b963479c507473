"""The tiny bot: trained once, and served by real processes."""

import asyncio
import hashlib
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Coroutine, Iterator
from pathlib import Path
from typing import Any, TypeVar

import pytest

from bot.launcher import quiet

quiet.settle()  # before anything imports Rasa, as in a worker

from bot.launcher.dialogue import Dialogue  # noqa: E402
from bot.launcher.endpoint import Actions  # noqa: E402
from bot.launcher.options import newest_model  # noqa: E402
from tests.bot import servers  # noqa: E402

TINY = Path(__file__).parent / "tiny"
Result = TypeVar("Result")
Run = Callable[[Coroutine[Any, Any, Result]], Result]


@pytest.fixture(scope="session")
def models() -> Path:
    """A folder with the trained bot; one of the same sources is not trained again."""
    sources = b"".join(file.read_bytes() for file in sorted(TINY.iterdir()))
    folder = Path(tempfile.gettempdir()) / f"tiny-bot-{hashlib.sha256(sources).hexdigest()[:16]}"
    if not list(folder.glob("*.tar.gz")):
        _train(folder)
    return folder


@pytest.fixture(scope="session")
def actions() -> Iterator[str]:
    with servers.action_server() as url:
        yield url


@pytest.fixture(scope="session")
def rasa(models: Path, actions: str) -> Iterator[str]:
    """Our launcher with two workers; the address of its channel."""
    with servers.launcher(models, actions, workers=2) as url:
        yield url


@pytest.fixture(scope="session")
def run() -> Iterator[Run[Any]]:
    """Runs a coroutine on the one loop that the model and its session live on."""
    loop = asyncio.new_event_loop()
    yield loop.run_until_complete
    loop.close()


@pytest.fixture(scope="session")
def dialogue(models: Path, actions: str, run: Run[Any]) -> Iterator[Dialogue]:
    """The model in this process, talking to the real action server."""
    endpoint = Actions(actions, servers.SECRET)
    yield Dialogue(newest_model(models), endpoint)
    run(endpoint.close())


def _train(folder: Path) -> None:
    command = [
        *(sys.executable, "-m", "rasa", "train", "--out", str(folder)),
        *("--config", str(TINY / "config.yml"), "--domain", str(TINY / "domain.yml")),
        *("--data", str(TINY / "nlu.yml"), str(TINY / "rules.yml")),
    ]
    environment = {**os.environ, **quiet.QUIET}
    done = subprocess.run(command, capture_output=True, env=environment, check=False)
    assert done.returncode == 0, done.stderr.decode()[-4000:]
