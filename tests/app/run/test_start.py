import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from subprocess import PIPE, CompletedProcess

import pytest

from app.run.processes import ROOT
from tests.app.run.conftest import SECONDS, eventually, lives, pids


@contextmanager
def running(
    folder: Path, *flags: str, through: tuple[str, ...] = ()
) -> Iterator[subprocess.Popen[str]]:
    """A small run that has said where everything is."""
    command = [*through, sys.executable, "-m", "tests.app.run.small", str(folder), *flags]
    environ = os.environ | {"DIANYU_HOME": str(folder / "home")}
    run = subprocess.Popen(
        command, cwd=ROOT, env=environ, stdout=PIPE, text=True, start_new_session=True
    )
    assert run.stdout is not None
    try:
        said = list(iter(run.stdout.readline, "Ctrl-C stops it.\n"))
        assert "service is ready" in "".join(said)
        yield run
    finally:
        run.kill()
        run.communicate(timeout=SECONDS)
        eventually(lambda: gone(folder))


def started(folder: Path) -> list[int]:
    return [*pids(folder / "redis.pids"), *pids(folder / "service.pids")]


def gone(folder: Path) -> bool:
    return not any(map(lives, started(folder)))


def free(lock: Path) -> bool:
    return subprocess.run(["flock", "-n", lock, "true"], check=False).returncode == 0


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_stops_everything_cleanly(here: Path, number: signal.Signals) -> None:
    with running(here) as run:
        assert len(started(here)) == 3
        run.send_signal(number)
        said, _ = run.communicate(timeout=SECONDS)

        assert run.returncode == 0
        assert said.splitlines()[-1] == "stopped"
        assert gone(here)


def test_a_second_signal_does_not_wait_for_the_stubborn(here: Path) -> None:
    with running(here, "stubborn") as run:
        run.send_signal(signal.SIGINT)
        assert run.stdout is not None
        assert run.stdout.readline() == "stopping …\n"
        run.send_signal(signal.SIGINT)
        run.communicate(timeout=SECONDS)

        eventually(lambda: gone(here))


def test_nothing_outlives_a_run_killed_with_9_and_the_next_one_starts(here: Path) -> None:
    with running(here, "stubborn") as run:
        run.kill()
        run.wait(SECONDS)
        eventually(lambda: gone(here))
    eventually(lambda: free(here / "home" / "run.lock"))

    with running(here) as again:
        again.send_signal(signal.SIGTERM)
        again.communicate(timeout=SECONDS)

    assert again.returncode == 0


def test_a_run_follows_the_process_that_called_it(here: Path) -> None:
    caller = ("sh", "-c", '"$@" & wait', "sh")
    with running(here, "--with-parent", through=caller) as shell:
        shell.kill()

        eventually(lambda: gone(here))


def test_a_second_run_on_one_home_is_refused(here: Path) -> None:
    with running(here):
        other = subprocess.run(
            [sys.executable, "-m", "tests.app.run.small", str(here / "elsewhere")],
            cwd=ROOT,
            env=os.environ | {"DIANYU_HOME": str(here / "home")},
            capture_output=True,
            text=True,
            check=False,
        )

    assert other.returncode == 1
    assert "another dianyu runs on it" in other.stderr


def dianyu_run(home: Path, port: int, *flags: str, **settings: str) -> CompletedProcess[str]:
    """`dianyu run` where it cannot start."""
    environ = os.environ | {"DIANYU_HOME": str(home), "DIANYU_PORT": str(port)} | settings
    command = [sys.executable, "-m", "app.cli", "run", *flags]
    return subprocess.run(
        command, cwd=ROOT, env=environ, capture_output=True, text=True, check=False
    )


@pytest.fixture
def taken() -> Iterator[int]:
    """A port that is taken, and so is the third one after it (the sandbox's)."""
    while True:
        with socket.create_server(("127.0.0.1", 0)) as first:
            port: int = first.getsockname()[1]
            try:
                second = socket.create_server(("127.0.0.1", port + 3))
            except OSError:
                continue
            with second:
                yield port
            return


def test_a_taken_port_is_said_before_anything_starts(tmp_path: Path, taken: int) -> None:
    refused = dianyu_run(tmp_path, taken, DIANYU_DEMO="off")

    assert refused.returncode == 1
    assert refused.stderr.startswith(f"dianyu: port {taken} on 127.0.0.1, for gateway, is not free")
    assert len(refused.stderr.splitlines()) == 1
    assert list((tmp_path / "logs").iterdir()) == []


def test_the_demo_is_on_where_it_is_asked_for_and_nothing_says_otherwise(
    tmp_path: Path, taken: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("DIANYU_DEMO")
    assert "for sandbox" in dianyu_run(tmp_path, taken, "--demo").stderr

    assert "for gateway" in dianyu_run(tmp_path, taken, "--demo", DIANYU_DEMO="off").stderr


def test_an_unknown_setting_is_named(tmp_path: Path) -> None:
    refused = dianyu_run(tmp_path, 8000, DIANYU_PROT="8001")

    assert refused.returncode == 1
    assert refused.stderr.startswith("dianyu: DIANYU_PROT is not a setting")
