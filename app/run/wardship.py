"""The supervisor's end of the pipe to the warden."""

import subprocess
import sys
from collections.abc import Sequence
from subprocess import PIPE

from app.run.processes import ROOT
from app.run.warden import kill_group


class Wardship:
    """Tells the warden which process groups are ours, so that none outlives this process.

    The warden kills what does not stop within the grace; `keeps` are file descriptors that stay
    open until it is done (the lock on the home).
    """

    def __init__(self, grace_seconds: float, keeps: Sequence[int] = ()) -> None:
        self._grace_seconds = grace_seconds
        self._keeps = keeps
        self._groups: set[int] = set()
        self._warden = self._start()

    def took(self, group: int) -> None:
        """A group was started."""
        self._groups.add(group)
        self._write(f"+{group}\n")

    def lost(self, group: int) -> None:
        """The leader of a group ended: kill what it left behind. Repeats do nothing."""
        if group in self._groups:
            kill_group(group)
            self._groups.discard(group)
            self._write(f"-{group}\n")

    def close(self) -> None:
        """Let the warden end what is left, and wait for it."""
        self._warden.communicate()

    def _write(self, line: str) -> None:
        try:
            self._send(line)
        except BrokenPipeError:  # somebody killed the warden: another one takes over
            self._warden.communicate()
            self._warden = self._start()
            self._send("".join(f"+{group}\n" for group in self._groups))

    def _send(self, text: str) -> None:
        assert self._warden.stdin is not None
        self._warden.stdin.write(text.encode())

    def _start(self) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-m", "app.run.warden", str(self._grace_seconds)]
        return subprocess.Popen(
            command, bufsize=0, stdin=PIPE, cwd=ROOT, start_new_session=True, pass_fds=self._keeps
        )
