import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from app.run.installers import SetupFailed, find_python, find_uv, installed, reason, version_of
from app.run.setup import ROOT, Environment, environments, fingerprint, is_current, make

HERE = f"{sys.version_info.major}.{sys.version_info.minor}"
UNREACHABLE = "http://127.0.0.1:9"  # the discard port: refused at once


@pytest.fixture
def environment(tmp_path: Path) -> Environment:
    """One that is made of nothing, so that no index is asked."""
    lock = tmp_path / "requirements.lock"
    lock.write_text("# empty\n")
    return Environment("small", tmp_path / ".venv", lock, (HERE,), room_gib=0.001)


def uv() -> str:
    """The uv of this machine; set-up ran before the tests, so there is one."""
    return find_uv(ROOT)


def test_an_environment_is_made_once_for_a_lock(environment: Environment) -> None:
    assert not is_current(environment)

    make(environment, uv(), sys.executable)

    assert version_of(environment.python) == HERE
    assert is_current(environment)


def test_a_changed_lock_asks_for_a_new_set_up(environment: Environment) -> None:
    make(environment, uv(), sys.executable)

    environment.lock.write_text("# changed\n")

    assert not is_current(environment)


def test_a_moved_checkout_asks_for_a_new_set_up(environment: Environment, tmp_path: Path) -> None:
    moved = replace(environment, folder=tmp_path / "elsewhere")

    assert fingerprint(environment) != fingerprint(moved)


def test_a_failed_set_up_is_not_taken_for_a_finished_one(
    environment: Environment, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("UV_DEFAULT_INDEX", UNREACHABLE)
    monkeypatch.setenv("UV_HTTP_RETRIES", "0")
    environment.lock.write_text(f"no-such-package-of-ours==1.0 --hash=sha256:{'0' * 64}\n")

    with pytest.raises(SetupFailed, match="the package index could not be reached"):
        make(environment, uv(), sys.executable)

    assert not is_current(environment)


def test_no_room_is_said_before_anything_is_made(environment: Environment) -> None:
    with pytest.raises(SetupFailed, match=r"the disk is too full: .* needs 1000000.0 GiB"):
        make(replace(environment, room_gib=1e6), uv(), sys.executable)

    assert not environment.folder.exists()


def test_pyenv_is_asked_where_path_has_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    python = tmp_path / "versions" / "3.2.7" / "bin" / "python"
    python.parent.mkdir(parents=True)
    python.write_text("#!/bin/sh\necho 3.2\n")
    python.chmod(0o755)
    monkeypatch.setenv("PYENV_ROOT", str(tmp_path))

    assert find_python("uv", ["3.2"]) == str(python)


def test_a_shim_that_runs_nothing_is_passed_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shim = tmp_path / "python3.2"
    shim.write_text("#!/bin/sh\nexit 127\n")
    shim.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    monkeypatch.setenv("PYENV_ROOT", str(tmp_path))

    with pytest.raises(SetupFailed, match=r"Python 3\.2 was not found .* pyenv install 3\.2"):
        find_python("no-such-uv", ["3.2"])


@pytest.mark.parametrize(
    ("said", "reason_given"),
    [
        ("failed to copy file: No space left on device (os error 28)", "the disk is full"),
        ("OSError: [Errno 28] No space left on device", "the disk is full"),
        ("error: command 'x86_64-linux-gnu-gcc' failed: No such file or", "build-essential"),
        ("error: [Errno 2] No such file or directory: 'x86_64-linux-gnu-gcc'", "build-essential"),
        ("a.c:1:10: fatal error: Python.h: No such file or directory", "build-essential"),
        ("cause: dns error", "UV_DEFAULT_INDEX names a mirror"),
        ("error: hashes do not match\n\n", "the installer failed (error: hashes do not match)"),
        ("", "the installer failed (without a word)"),
    ],
)
def test_a_failed_installer_is_explained_in_a_sentence(said: str, reason_given: str) -> None:
    assert reason_given in reason(said)


def test_an_installer_shows_its_progress_but_not_its_list(
    capfd: pytest.CaptureFixture[str],
) -> None:
    says = "import sys; print('Installed 1 package\\n + six==1.17.0', file=sys.stderr)"

    installed([sys.executable, "-c", says])

    assert capfd.readouterr().out == "  Installed 1 package\n"


def test_set_up_needs_nothing_but_the_standard_library() -> None:
    bare = [sys.executable, "-I", "-S", "-c"]
    code = f"import sys; sys.path.insert(0, {str(ROOT)!r}); import app.run.setup"

    assert subprocess.run([*bare, code], check=False).returncode == 0


def test_both_environments_are_known(tmp_path: Path) -> None:
    product, rasa = environments(tmp_path)

    assert (product.holds_us, rasa.holds_us) == (tmp_path, None)
    assert rasa.pythons == ("3.10",)
