"""Starting, stopping and staying up: the launcher as its supervisor meets it."""

import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from bot.launcher import options
from tests.bot import servers
from tests.bot.turns import a_turn


def started(*arguments: str, **environment: str) -> subprocess.CompletedProcess[bytes]:
    needed = {"DIANYU_INTERNAL_URL": "http://127.0.0.1:1", "DIANYU_INTERNAL_SECRET": "s"}
    return subprocess.run(
        [sys.executable, "-m", "bot.launcher", *arguments],
        cwd=servers.ROOT,
        env={**os.environ, **needed, **environment},
        capture_output=True,
        timeout=60,
        check=False,
    )


def children(process: int) -> list[int]:
    listed = Path(f"/proc/{process}/task/{process}/children").read_text()
    return [int(child) for child in listed.split()]


def is_alive(process: int) -> bool:
    try:
        state = Path(f"/proc/{process}/stat").read_text().split(") ")[1][0]
    except FileNotFoundError:
        return False
    return state != "Z"


@pytest.mark.parametrize("installed", ["3.6.20", "3.6.21.1", "3.7.0", None])
def test_another_rasa_is_refused(installed: str | None) -> None:
    with pytest.raises(options.BadOptions, match=r"3\.6\.21 and nothing else"):
        options.require_rasa(installed)


def test_a_folder_without_a_model_is_one_sentence(tmp_path: Path) -> None:
    ended = started("--models", str(tmp_path), "--port", str(servers.free_port()))

    assert ended.returncode == 1
    assert ended.stderr.decode().strip() == f"No model (*.tar.gz) in {tmp_path}: train one first."


def test_a_missing_secret_is_one_sentence(models: Path) -> None:
    ended = started(
        *("--models", str(models), "--port", str(servers.free_port())), DIANYU_INTERNAL_SECRET=""
    )

    assert ended.returncode == 1
    assert ended.stderr.decode().strip() == "DIANYU_INTERNAL_SECRET is not set."


def test_a_taken_port_is_one_sentence(models: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        ended = started("--models", str(models), "--port", str(taken.getsockname()[1]))

    assert ended.returncode == 1
    assert ended.stderr.decode().startswith("Cannot listen on 127.0.0.1:")


def test_a_broken_model_ends_the_launcher(tmp_path: Path) -> None:
    (tmp_path / "broken.tar.gz").write_bytes(b"no model")

    ended = started("--models", str(tmp_path), "--port", str(servers.free_port()))

    assert ended.returncode == 1
    assert b"could not load the model" in ended.stderr


def test_the_newest_model_is_taken(tmp_path: Path) -> None:
    for age, name in ((5, "b"), (1, "a"), (9, "c")):
        file = tmp_path / f"{name}.tar.gz"
        file.touch()
        os.utime(file, (time.time() - age, time.time() - age))

    assert options.newest_model(tmp_path).name == "a.tar.gz"


def test_before_it_is_warm_it_says_so(models: Path, actions: str) -> None:
    port = servers.free_port()
    environment = {"DIANYU_INTERNAL_URL": actions, "DIANYU_INTERNAL_SECRET": servers.SECRET}
    with servers.child(
        *("bot.launcher", "--models", str(models), "--port", str(port)), **environment
    ) as process:
        url = f"http://127.0.0.1:{port}/webhooks/dianyu"
        servers.wait_for_any_answer(f"{url}/ready", process)

        assert servers.call(f"{url}/ready").status == 503
        assert servers.call(f"{url}/turn", a_turn("你好")).status == 503
        assert servers.call(f"{url}/turn", a_turn("你好"), secret="wrong").status == 401


def test_a_dead_worker_is_replaced_and_the_other_serves(models: Path, actions: str) -> None:
    with servers.launched(models, actions, workers=2) as (url, process):
        dead, other = children(process.pid)
        os.kill(dead, signal.SIGKILL)

        while dead in children(process.pid):
            time.sleep(0.01)
        assert servers.call(f"{url}/turn", a_turn("你好")).status == 200
        assert servers.call(f"{url}/ready").status == 200
        assert set(children(process.pid)) - {dead, other}


def test_a_stop_is_quick_and_leaves_nothing(models: Path, actions: str) -> None:
    with servers.launched(models, actions, workers=2) as (url, process):
        workers = children(process.pid)
        servers.call(f"{url}/turn", a_turn("你好"))

        process.send_signal(signal.SIGTERM)
        status = process.wait(timeout=5)

    assert status == 0
    assert not any(is_alive(worker) for worker in workers)


def test_workers_do_not_outlive_a_killed_front(models: Path, actions: str) -> None:
    with servers.launched(models, actions, workers=1) as (_, process):
        (worker,) = children(process.pid)
        process.kill()
        process.wait()
        until = time.monotonic() + 10
        while is_alive(worker) and time.monotonic() < until:
            time.sleep(0.01)

    assert not is_alive(worker)


def test_the_log_of_a_failed_turn_has_no_words_of_the_person(models: Path, actions: str) -> None:
    with servers.launched(models, actions) as (url, process):
        answer = servers.call(f"{url}/turn", a_turn("弄坏它吧我叫张晓梅", inbound_id=77))
        process.terminate()
        _, log = process.communicate(timeout=10)

    assert answer.body["failed_actions"] == ["action_broken"]
    (line,) = [line for line in log.decode().splitlines() if "WARNING" in line]
    assert "inbound 77: failed action_broken (" in line
    assert "ClientResponseError 500" in line
    assert "张晓梅" not in log.decode()
