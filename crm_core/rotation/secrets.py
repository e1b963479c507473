"""The file that holds the shop's secret: a new one in, the previous ones out."""

import os
import secrets
from pathlib import Path

from crm_core.settings import PREFIX

_KEY, _PREVIOUS = f"{PREFIX}SECRET_KEY", f"{PREFIX}SECRET_KEY_PREVIOUS"


class NotOurs(Exception):
    """The secret comes from the environment, and is changed where it is set."""


def renew(home: Path) -> None:
    """Put a new secret first; the present one and those before it stay readable.

    Raises:
        NotOurs: the secret does not come from this file.
    """
    lines = _read(home)
    previous = [lines[_KEY], *filter(None, lines.get(_PREVIOUS, "").split(","))]
    lines[_KEY], lines[_PREVIOUS] = secrets.token_urlsafe(32), ",".join(previous)
    _write(home, lines)


def retire(home: Path) -> None:
    """Forget the previous secrets. Repeating changes nothing.

    Raises:
        NotOurs: they do not come from this file.
    """
    lines = _read(home)
    if lines.pop(_PREVIOUS, None) is not None:
        _write(home, lines)


def _read(home: Path) -> dict[str, str]:
    path = _path(home)
    lines = dict(
        line.split("=", 1) for line in path.read_text().splitlines() if "=" in line
    ) if path.exists() else {}  # fmt: skip
    for name in (_KEY, _PREVIOUS):
        if os.environ.get(name):
            raise NotOurs(f"{name} 是在环境变量里设的，请在那里改")
    if _KEY not in lines:
        raise NotOurs(f"{path} 里没有 {_KEY}，请在设它的地方改")
    return lines


def _write(home: Path, lines: dict[str, str]) -> None:
    """Whole or not at all, and readable by nobody else."""
    path = _path(home)
    part = path.with_suffix(f".{os.getpid()}")
    descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "w") as file:
            file.writelines(f"{name}={value}\n" for name, value in lines.items())
            file.flush()
            os.fsync(file.fileno())
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)


def _path(home: Path) -> Path:
    return home / "secrets.env"
