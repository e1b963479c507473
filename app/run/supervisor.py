"""Starts children, starts them again when they die, and leaves none behind.

Decision 0005 says why this is not a library.
"""

import asyncio
import time
from asyncio import FIRST_COMPLETED, create_task
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from app.run import logs
from app.run.child import Child, described
from app.run.errors import CannotRun
from app.run.processes import Process
from app.run.wardship import Wardship

Say = Callable[[str], None]


def backoff_seconds(failures: int) -> float:
    """1, 2, 4 … 30 seconds before a child that died `failures` times before starts again."""
    return min(2.0**failures, 30.0)


@dataclass(frozen=True)
class Patience:
    """How long to wait for what, in seconds.

    `steady`: a child that ran this long starts its backoff anew.
    """

    ready: float = 180
    grace: float = 10
    steady: float = 60
    backoff: Callable[[int], float] = backoff_seconds
    rotation: float = 60


class Supervisor:
    """The children, in the stages in which they were started; their logs go into a folder."""

    def __init__(
        self,
        folder: Path,
        environ: Mapping[str, str],
        wardship: Wardship,
        say: Say,
        patience: Patience | None = None,
    ) -> None:
        self._folder = folder
        self._environ = environ
        self._wardship = wardship
        self._say = say
        self._patience = patience or Patience()
        self._stages: list[list[Child]] = []

    async def start(self, processes: Sequence[Process]) -> None:
        """Start a stage and wait until all of it is ready.

        Raises:
            CannotRun: one of them ended or was not ready in time; with its last lines.
        """
        stage = [Child(p, self._folder / f"{p.name}.log", self._wardship) for p in processes]
        self._stages.append(stage)
        try:
            async with asyncio.TaskGroup() as group:
                for child in stage:
                    group.create_task(self._first_start(child))
        except ExceptionGroup as failed:
            raise failed.exceptions[0] from None

    async def watch(self) -> None:
        """Start again whatever ends, with backoff; goes on until it is cancelled."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._rotate())
            for child in self._children():
                group.create_task(self._keep(child))

    async def stop(self) -> None:
        """Stop everything, the last stage first; where that is cancelled, kill instead."""
        grace = self._patience.grace
        try:
            for stage in reversed(self._stages):
                await asyncio.gather(*(child.stop(grace) for child in stage))
        finally:
            for child in self._children():
                child.kill()
            self._wardship.close()

    async def _first_start(self, child: Child) -> None:
        started = time.monotonic()
        try:
            await child.start(self._environ)
        except OSError as error:
            raise CannotRun(f"{child.name} cannot be started: {error}") from error
        trouble = await self._trouble(child)
        if trouble:
            raise CannotRun(f"{child.name} did not start ({trouble}); {child.last_words()}")
        self._say(f"{child.name} is ready ({time.monotonic() - started:.1f} s)")

    async def _trouble(self, child: Child) -> str:
        """Wait until the child is ready; says why not where it ends or takes too long."""
        answered, ended = create_task(child.answers()), create_task(child.ended())
        limit = self._patience.ready
        try:
            await asyncio.wait({answered, ended}, timeout=limit, return_when=FIRST_COMPLETED)
        finally:
            answered.cancel()
            ended.cancel()
        if ended.done():
            return described(ended.result())
        if answered.done():
            answered.result()
            return ""
        child.kill()
        return f"not ready after {limit:g} s"

    async def _keep(self, child: Child) -> None:
        failures = 0
        while True:
            since = time.monotonic()
            code = await child.ended()
            if time.monotonic() - since > self._patience.steady:
                failures = 0
            delay = self._patience.backoff(failures)
            failures += 1
            self._say(
                f"{child.name} ended ({described(code)}) and starts again in {delay:g} s;"
                f" its log: {child.log}"
            )
            await asyncio.sleep(delay)
            await self._start_again(child)

    async def _start_again(self, child: Child) -> None:
        try:
            await child.start(self._environ)
        except OSError as error:  # a full disk, say: the backoff goes on
            self._say(f"{child.name} cannot be started: {error}")
            return
        if not await self._trouble(child):
            self._say(f"{child.name} is ready again")

    async def _rotate(self) -> None:
        while True:
            await asyncio.sleep(self._patience.rotation)
            for child in self._children():
                logs.rotate(child.log)

    def _children(self) -> Iterator[Child]:
        for stage in self._stages:
            yield from stage
