"""Ends what a killed `dianyu run` left behind: `python -m app.run.warden GRACE_SECONDS`.

The supervisor writes a line for each process group that it starts (`+pid`) and that ended
(`-pid`). The end of that pipe means that the supervisor is gone, killed with -9 perhaps: then the
groups that are left are told to stop and, where they don't in time, killed. Standard library only.
"""

import contextlib
import os
import signal
import sys
import time
from collections.abc import Iterable

_LOOK_SECONDS = 0.1


def main() -> None:
    for ignored in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(ignored, signal.SIG_IGN)
    end(left_of(sys.stdin), float(sys.argv[1]))


def left_of(lines: Iterable[str]) -> set[int]:
    """The groups that were started and did not end."""
    groups: set[int] = set()
    for line in lines:
        change = groups.add if line[0] == "+" else groups.discard
        change(int(line[1:]))
    return groups


def end(groups: set[int], grace_seconds: float) -> None:
    """SIGTERM to the leaders, SIGKILL to whole groups after the grace or once the leader ended."""
    for group in groups:
        with contextlib.suppress(ProcessLookupError):
            os.kill(group, signal.SIGTERM)
    deadline = time.monotonic() + grace_seconds
    while time.monotonic() < deadline and any(map(_leader_lives, groups)):
        time.sleep(_LOOK_SECONDS)
    for group in groups:
        kill_group(group)


def kill_group(group: int) -> None:
    """SIGKILL to whatever is left of a process group; nothing where all of it ended."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(group, signal.SIGKILL)


def _leader_lives(group: int) -> bool:
    try:
        os.kill(group, 0)
    except ProcessLookupError:
        return False
    return True


if __name__ == "__main__":
    main()
