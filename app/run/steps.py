"""Steps that run to their end before or between the children: training, migrating, demo data."""

import asyncio
from collections.abc import Mapping
from pathlib import Path

from app.run import logs
from app.run.child import Child, described
from app.run.errors import CannotRun
from app.run.plan import Step
from app.run.processes import Process
from app.run.screen import Screen, Update
from app.run.wardship import Wardship

_GRACE_SECONDS = 10.0
_LOOK_SECONDS = 0.5


class Steps:
    """Runs commands to their end, the output in a log, its last line on the screen."""

    def __init__(
        self, folder: Path, environ: Mapping[str, str], wardship: Wardship, screen: Screen
    ) -> None:
        self._folder = folder
        self._environ = environ
        self._wardship = wardship
        self._screen = screen

    async def run(self, step: Step) -> None:
        """Run a step to its end; cancelled, it is stopped.

        Raises:
            CannotRun: it failed; with its last lines.
        """
        log = self._folder / f"{step.name}.log"
        child = Child(Process(step.name, step.command, _never), log, self._wardship)
        with self._screen.working(step.what) as update:
            try:
                await child.start(self._environ)
                code = await _followed(child, update)
            except OSError as error:
                raise CannotRun(f"{step.what} failed: {error}") from error
            finally:
                await child.stop(_GRACE_SECONDS)
            if code != 0:
                raise CannotRun(f"{step.what} failed ({described(code)}); {child.last_words()}")


async def _followed(child: Child, update: Update) -> int:
    end = asyncio.create_task(child.ended())
    while not end.done():
        await asyncio.wait({end}, timeout=_LOOK_SECONDS)
        update("".join(logs.tail(child.log, lines=1)))
    return end.result()


async def _never(_pid: int) -> bool:
    return False
