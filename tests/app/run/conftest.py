import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from app.run.processes import Process
from tests.app.run import stand_in

SECONDS = 30


@pytest.fixture
def here(tmp_path: Path) -> Iterator[Path]:
    """A folder for stand-ins; a test that leaves one running fails."""
    yield tmp_path
    left = [pid for path in tmp_path.glob("*.pids") for pid in pids(path) if lives(pid)]
    for pid in left:
        psutil.Process(pid).kill()
    assert left == []


def a_process(folder: Path, name: str, *traits: str) -> Process:
    """A stand-in that is ready once it wrote its process id."""

    async def ready(pid: int) -> bool:
        return pid in pids(folder / f"{name}.pids")

    command = (sys.executable, stand_in.__file__, str(folder), name, *traits)
    return Process(name, command, ready)


def pids(path: Path) -> list[int]:
    return [int(line) for line in path.read_text().split()] if path.exists() else []


def lives(pid: int) -> bool:
    """Whether the process runs; one that only waits to be reaped does not."""
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def eventually(true: Callable[[], bool]) -> None:
    """Wait until something is true; it failing to become so in time fails the test."""
    deadline = time.monotonic() + SECONDS
    while not true():
        assert time.monotonic() < deadline, "did not happen in time"
        time.sleep(0.02)
