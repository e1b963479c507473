"""One child: a process in a group of its own, with a log file."""

import asyncio
import contextlib
import signal
from asyncio.subprocess import DEVNULL, STDOUT
from collections.abc import Mapping
from pathlib import Path

from app.run import logs
from app.run.processes import ROOT, Process
from app.run.warden import kill_group
from app.run.wardship import Wardship

_LOOK_SECONDS = 0.2


class Child:
    """A process of the table; started again after its end, it is the same child."""

    def __init__(self, process: Process, log: Path, wardship: Wardship) -> None:
        self.name = process.name
        self.log = log
        self._process = process
        self._wardship = wardship
        self._running: asyncio.subprocess.Process | None = None
        self._log_start = 0

    async def start(self, environ: Mapping[str, str]) -> None:
        """Start the process.

        Raises:
            OSError: there is no such command, or no room for another process.
        """
        logs.rotate(self.log)
        self._log_start = logs.size(self.log)
        with logs.open_log(self.log) as log:
            self._running = await asyncio.create_subprocess_exec(
                *self._process.command,
                stdin=DEVNULL,
                stdout=log,
                stderr=STDOUT,
                cwd=ROOT,
                env=environ,
                start_new_session=True,
            )
        self._wardship.took(self._running.pid)

    async def ended(self) -> int:
        """Wait for the end of the process, end what it left; answers its exit status."""
        assert self._running is not None
        code = await self._running.wait()
        self._wardship.lost(self._running.pid)
        return code

    async def answers(self) -> None:
        """Wait until the process is ready."""
        assert self._running is not None
        while not await self._process.ready(self._running.pid):  # noqa: ASYNC110 (only asking tells)
            await asyncio.sleep(_LOOK_SECONDS)

    async def stop(self, grace_seconds: float) -> None:
        """SIGTERM, and SIGKILL to the whole group where that was not enough."""
        if self._running is None:
            return
        with contextlib.suppress(ProcessLookupError):
            self._running.terminate()
        try:
            await asyncio.wait_for(self._running.wait(), grace_seconds)
        except TimeoutError:
            self.kill()
        await self.ended()

    def kill(self) -> None:
        """SIGKILL to the whole group, at once."""
        if self._running is not None and self._running.returncode is None:
            kill_group(self._running.pid)

    def last_words(self) -> str:
        """The last lines that the process wrote, for a person."""
        lines = logs.tail(self.log, self._log_start) or ["(it wrote nothing)"]
        return f"the end of {self.log}:\n" + "\n".join(f"  {line}" for line in lines)


def described(code: int) -> str:
    """An exit status in words."""
    return f"killed by {signal.Signals(-code).name}" if code < 0 else f"exit status {code}"
