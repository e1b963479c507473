"""The log files of the children: `{home}/logs/NAME.log`.

A child writes to its file itself, so it goes on when the supervisor is held up. That is why a full
file is copied and then emptied rather than renamed; a line written in between may be lost.
"""

import shutil
from pathlib import Path
from typing import BinaryIO

MAX_BYTES = 10 * 1024**2
KEPT = 3
_TAIL_BYTES = 16 * 1024


def open_log(path: Path) -> BinaryIO:
    """Open for appending; what was there stays until it is rotated."""
    path.parent.mkdir(parents=True, exist_ok=True)
    return path.open("ab", buffering=0)


def rotate(path: Path, max_bytes: int = MAX_BYTES, kept: int = KEPT) -> None:
    """Move the contents of a file over `max_bytes` to `NAME.log.1`, older ones one number up."""
    if not path.exists() or path.stat().st_size <= max_bytes:
        return
    for number in range(kept - 1, 0, -1):
        older = path.with_name(f"{path.name}.{number}")
        if older.exists():
            older.replace(path.with_name(f"{path.name}.{number + 1}"))
    shutil.copyfile(path, path.with_name(f"{path.name}.1"))
    with path.open("r+b") as file:
        file.truncate(0)


def size(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0


def tail(path: Path, since: int = 0, lines: int = 15) -> list[str]:
    """The last lines written after the file had `since` bytes."""
    if not path.exists():
        return []
    with path.open("rb") as file:
        file.seek(max(since if since <= size(path) else 0, size(path) - _TAIL_BYTES))
        text = file.read().decode(errors="replace")
    return text.splitlines()[-lines:]
