"""Why `dianyu run` does not go on."""

import errno
from pathlib import Path


class CannotRun(Exception):
    """Something is in the way of a start; the message is what the person at the terminal reads."""


def unworkable(home: Path, error: OSError) -> CannotRun:
    """The sentence for a home that cannot be written."""
    full = error.errno == errno.ENOSPC
    reason = "the disk is full" if full else f"{error.strerror} {error.filename or ''}".strip()
    return CannotRun(f"cannot work in {home}: {reason}.")
