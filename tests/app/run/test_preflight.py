import socket
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from app.run import preflight
from app.run.errors import CannotRun
from app.run.processes import Process
from crm_core.settings import Settings, redis_socket
from tests.app.run.conftest import a_process


@pytest.fixture
def taken() -> Iterator[int]:
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


def listener(tmp_path: Path, port: int, host: str = "127.0.0.1") -> Process:
    return replace(a_process(tmp_path, "gateway"), port=port, host=host)


def test_a_taken_port_is_named_with_who_wants_it(tmp_path: Path, taken: int) -> None:
    with pytest.raises(CannotRun, match=rf"port {taken} on 127\.0\.0\.1, for gateway, is not free"):
        preflight.check_ports([listener(tmp_path, taken)])


def test_a_port_taken_on_one_address_is_not_free_on_all(tmp_path: Path, taken: int) -> None:
    with pytest.raises(CannotRun, match=rf"port {taken} on 0\.0\.0\.0"):
        preflight.check_ports([listener(tmp_path, taken, host="0.0.0.0")])  # noqa: S104


def test_a_port_just_left_is_free(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        with socket.create_connection(("127.0.0.1", port)), server.accept()[0]:
            pass

    preflight.check_ports([listener(tmp_path, port)])


def test_an_address_of_another_machine_is_said(tmp_path: Path) -> None:
    with pytest.raises(CannotRun, match=r"on 192\.0\.2\.1, for gateway, is not free"):
        preflight.check_ports([listener(tmp_path, 8000, host="192.0.2.1")])


def test_a_home_has_one_run_at_a_time(tmp_path: Path) -> None:
    with (
        preflight.lock(tmp_path),
        pytest.raises(CannotRun, match="another dianyu runs on it"),
    ):
        preflight.lock(tmp_path)

    preflight.lock(tmp_path).close()


def test_a_full_disk_is_said_and_nothing_half_made(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(preflight, "ROOM_MIB", 10**12)

    with pytest.raises(CannotRun, match=r"is full: \d+ MiB are free"):
        preflight.make_home(tmp_path)

    assert list(tmp_path.iterdir()) == []


def test_a_home_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").touch()

    with pytest.raises(CannotRun, match=r"cannot work in .*/file/home: Not a directory"):
        preflight.make_home(tmp_path / "file" / "home")


def test_secrets_are_made_once_for_their_owner_only(tmp_path: Path) -> None:
    preflight.make_home(tmp_path)
    made = (tmp_path / "secrets.env").read_text()
    preflight.make_home(tmp_path)

    assert (tmp_path / "secrets.env").read_text() == made
    assert (tmp_path / "secrets.env").stat().st_mode & 0o777 == 0o600
    assert [path.name for path in tmp_path.iterdir()] == ["secrets.env"]


def test_redis_has_a_folder_for_its_owner_only(tmp_path: Path) -> None:
    preflight.make_folders(Settings(home=tmp_path))

    assert (tmp_path / "redis").stat().st_mode & 0o777 == 0o700


def test_a_deep_home_has_its_socket_elsewhere(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    deep = Settings(home=tmp_path / ("d" * 100), redis_url="")

    preflight.make_folders(deep)

    path = redis_socket(deep.home)
    assert path.parent.parent == tmp_path
    assert path.parent.stat().st_mode & 0o777 == 0o700
    assert str(path) in deep.redis_url


def test_a_folder_that_others_may_write_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    deep = Settings(home=tmp_path / ("d" * 100))
    redis_socket(deep.home).parent.mkdir(mode=0o777)
    redis_socket(deep.home).parent.chmod(0o777)

    with pytest.raises(CannotRun, match="belongs to somebody else"):
        preflight.make_folders(deep)
