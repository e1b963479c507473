"""Makes both Python environments from their lock files: `python3 -m app.run.setup`.

Runs on a bare Python before anything is installed, so it uses the standard library only. An
environment is touched only when its lock file changed since it was made; a stamp in it says.
"""

import fcntl
import hashlib
import os
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from app.run.installers import SetupFailed, find_python, find_uv, installed, version_of

ROOT = Path(__file__).resolve().parents[2]
_GIB = 1024**3


@dataclass(frozen=True)
class Environment:
    """A virtual environment: where, from which lock, on which Python, how much room it takes.

    `holds_us` is the checkout that is installed into it, editable.
    """

    name: str
    folder: Path
    lock: Path
    pythons: tuple[str, ...]
    room_gib: float
    holds_us: Path | None = None

    @property
    def python(self) -> Path:
        return self.folder / "bin" / "python"

    @property
    def stamp(self) -> Path:
        return self.folder / "dianyu-stamp"


def environments(root: Path) -> tuple[Environment, Environment]:
    """The product's environment and Rasa's; the room is what they were measured to take."""
    current = ("3.11", "3.12", "3.13")
    lock = "requirements.lock"
    return (
        Environment("product", root / ".venv", root / lock, current, 0.8, holds_us=root),
        Environment("Rasa", root / "nlu" / ".venv", root / "nlu" / lock, ("3.10",), 3.0),
    )


def main() -> None:
    try:
        with _one_at_a_time(ROOT):
            missing = [e for e in environments(ROOT) if not is_current(e)]
            uv = find_uv(ROOT) if missing else ""
            bases = [find_python(uv, environment.pythons) for environment in missing]
            for environment, base in zip(missing, bases, strict=True):
                make(environment, uv, base)
    except SetupFailed as error:
        sys.exit(f"Set-up stopped: {error}")
    except KeyboardInterrupt:
        sys.exit("Set-up interrupted; the next run goes on from here.")


def is_current(environment: Environment) -> bool:
    """Whether the environment was made from its present lock file, here."""
    if not environment.python.exists() or not environment.stamp.exists():
        return False
    return environment.stamp.read_text() == fingerprint(environment)


def fingerprint(environment: Environment) -> str:
    """Changes with the lock, with our own metadata, and when the checkout is moved."""
    digest = hashlib.sha256(os.fsencode(environment.folder) + environment.lock.read_bytes())
    if environment.holds_us:
        written = (environment.holds_us / "pyproject.toml").read_bytes()
        digest.update(written.split(b"\n[tool.")[0])  # the tools' settings install nothing
    return digest.hexdigest()


def make(environment: Environment, uv: str, base: str) -> None:
    """Bring the environment to its lock file; a new one is made on the Python `base`.

    Raises:
        SetupFailed: no room, no compiler, no network, or the installer's own reason.
    """
    print(f"Setting up the {environment.name} environment in {environment.folder}", flush=True)
    _check_room(environment)
    environment.stamp.unlink(missing_ok=True)
    if version_of(environment.python) not in environment.pythons:
        installed([uv, "venv", "-q", "--clear", f"--python={base}", environment.folder])
    python = f"--python={environment.python}"
    sync = [uv, "pip", "sync", python, "--require-hashes", "--compile-bytecode"]
    installed([*sync, environment.lock])
    if environment.holds_us:
        alone = [uv, "pip", "install", "-q", python, "--no-deps", "--no-build-isolation"]
        installed([*alone, "-e", environment.holds_us])
    environment.stamp.write_text(fingerprint(environment))


def _check_room(environment: Environment) -> None:
    free_gib = shutil.disk_usage(environment.lock.parent).free / _GIB
    if not environment.stamp.exists() and free_gib < environment.room_gib:
        raise SetupFailed(
            f"the disk is too full: the {environment.name} environment needs"
            f" {environment.room_gib} GiB and {free_gib:.1f} GiB are free."
        )


@contextmanager
def _one_at_a_time(root: Path) -> Iterator[None]:
    checkout = os.open(root, os.O_RDONLY)
    try:
        fcntl.flock(checkout, fcntl.LOCK_EX)
        yield
    finally:
        os.close(checkout)


if __name__ == "__main__":
    main()
