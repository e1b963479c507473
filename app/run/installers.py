"""The tools that set-up needs, and what to say when they fail. Standard library only."""

import importlib.util
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

UV = "uv>=0.8,<1"
_OLDEST_UV = (0, 8)

_COMPILER = r"[\w-]*(cc|gcc|g\+\+|c\+\+|clang)"

Command = Sequence[str | Path]


class SetupFailed(Exception):
    """Set-up cannot go on; the message is one sentence for the person at the terminal."""


def find_uv(root: Path) -> str:
    """The uv of PATH, else one that pip installs into `.uv`, a virtual environment of the project.

    Raises:
        SetupFailed: Python comes without venv, or pip could not install.
    """
    own = root / ".uv" / "bin" / "uv"
    for candidate in (shutil.which("uv"), own):
        if candidate and _uv_version(candidate) >= _OLDEST_UV:
            return str(candidate)
    if importlib.util.find_spec("ensurepip") is None:
        raise SetupFailed("Python has no venv module; on Debian: apt install python3-venv.")
    print("Installing uv into .uv", flush=True)
    installed([sys.executable, "-m", "venv", "--clear", root / ".uv"])
    installed([root / ".uv" / "bin" / "python", "-m", "pip", "install", "-q", UV])
    return str(own)


def find_python(uv: str, versions: Sequence[str]) -> str:
    """A Python of one of `versions`: this one, on PATH, in pyenv, then among uv's downloads.

    Raises:
        SetupFailed: none is to be had; says what to install.
    """
    for candidate in _candidates(versions):
        if version_of(candidate) in versions:
            return str(candidate)
    wanted = versions[0]
    print(f"Asking uv for Python {wanted}", flush=True)
    _ask([uv, "python", "install", wanted])
    found = _ask([uv, "python", "find", "--managed-python", wanted])
    if found:
        return found
    raise SetupFailed(
        f"Python {wanted} was not found on PATH, in pyenv or among uv's downloads;"
        f" install it, for example with: pyenv install {wanted}."
    )


def version_of(python: Path) -> str:
    """`3.11` and the like; empty where nothing runs (a pyenv shim of an absent version, say)."""
    return _ask([python, "-c", "import sys; print('%d.%d' % sys.version_info[:2])"])


def installed(command: Command) -> None:
    """Run an installer, showing how it goes on but for its list of packages.

    Raises:
        SetupFailed: it failed; the message is the reason.
    """
    environ = {**os.environ, **_mirror()}
    said: list[str] = []
    with subprocess.Popen(command, env=environ, stderr=subprocess.PIPE, text=True) as running:
        assert running.stderr is not None
        for line in running.stderr:
            said.append(line)
            if not line.startswith(" "):
                print(f"  {line}", end="", flush=True)
    if running.returncode != 0:
        raise SetupFailed(reason("".join(said)))


def reason(output: str) -> str:
    """The sentence for what an installer wrote before it failed."""
    if re.search(r"No space left on device|os error 28\b", output):
        return "the disk is full (the project's, or the one with the installer's cache)."
    if re.search(
        rf"{_COMPILER}' failed|No such file or directory: '{_COMPILER}|Python\.h: No", output
    ):
        return (
            "a package has no ready-made build for this machine and cannot be compiled here;"
            " on Debian: apt install build-essential python3-dev."
        )
    if re.search(r"error sending request|dns error|Failed to fetch|No matching distr", output):
        return "the package index could not be reached; UV_DEFAULT_INDEX names a mirror."
    last = [line.strip() for line in output.splitlines() if line.strip()][-1:]
    return f"the installer failed ({''.join(last) or 'without a word'})."


def _candidates(versions: Sequence[str]) -> Iterator[Path]:
    yield Path(sys.executable)
    for version in versions:
        for folder in os.get_exec_path():
            yield Path(folder) / f"python{version}"
    pyenv = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv"))
    for version in versions:
        yield from sorted(pyenv.glob(f"versions/{version}.*/bin/python"))


def _uv_version(uv: str | Path) -> tuple[int, ...]:
    found = re.match(r"uv (\d+)\.(\d+)", _ask([uv, "--version"]))
    return tuple(map(int, found.groups())) if found else ()


def _mirror() -> dict[str, str]:
    """The mirror that pip is told to use, for uv, which does not read pip's configuration."""
    if "UV_DEFAULT_INDEX" in os.environ or "UV_INDEX_URL" in os.environ:
        return {}
    configured = [sys.executable, "-m", "pip", "config", "get", "global.index-url"]
    url = os.environ.get("PIP_INDEX_URL") or _ask(configured)
    return {"UV_DEFAULT_INDEX": url} if url else {}


def _ask(command: Command) -> str:
    """What a command answers; empty where it does not run or fails."""
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    except OSError:
        return ""
    return done.stdout.strip() if done.returncode == 0 else ""
