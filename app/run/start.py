"""`dianyu run`: from nothing to everything answering, and back to nothing."""

import asyncio
import os
import signal
from collections.abc import Coroutine

from app.run import preflight, processes
from app.run.errors import unworkable
from app.run.plan import Plan, Stage, Step, addresses
from app.run.screen import Screen
from app.run.steps import Steps
from app.run.supervisor import Patience, Supervisor
from app.run.wardship import Wardship
from crm_core.settings import Settings

_STOPS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
_PARENT_SECONDS = 1.0


def run(settings: Settings, plan: Plan, patience: Patience, *, with_parent: bool = False) -> None:
    """Carry out the plan and keep it up until a signal, or the parent's end, stops it.

    Raises:
        CannotRun: something is in the way; nothing is left running.
    """
    try:
        asyncio.run(_until_stopped(_serve(settings, plan, patience), with_parent=with_parent))
    except OSError as error:
        raise unworkable(settings.home, error) from error


async def _until_stopped(serving: Coroutine[None, None, None], *, with_parent: bool) -> None:
    """A signal cancels what runs; a second one cancels the stopping too, which then is a kill."""
    task = asyncio.create_task(serving)
    for number in _STOPS:
        ignored = signal.getsignal(number) is signal.SIG_IGN  # SIGHUP under nohup
        if number is signal.SIGINT or not ignored:
            asyncio.get_running_loop().add_signal_handler(number, task.cancel)
    followers = [asyncio.create_task(_end_with_parent(task))] if with_parent else []
    await asyncio.wait({task})
    for follower in followers:
        follower.cancel()
    if not task.cancelled():
        task.result()


async def _serve(settings: Settings, plan: Plan, patience: Patience) -> None:
    screen = Screen()
    preflight.make_folders(settings)
    with preflight.lock(settings.home) as lock:
        preflight.check_ports(p for part in plan if isinstance(part, Stage) for p in part.processes)
        environ = processes.environ(settings, os.environ)
        folder = settings.home / "logs"
        wardship = Wardship(patience.grace, keeps=[lock.fileno()])
        supervisor = Supervisor(folder, environ, wardship, screen.say, patience)
        steps = Steps(folder, environ, wardship, screen)
        try:
            for part in plan:
                await _carry_out(part, supervisor, steps, screen)
            screen.say("\n".join(addresses(settings)))
            await supervisor.watch()
        finally:
            screen.say("stopping …")
            await supervisor.stop()
            screen.say("stopped")


async def _carry_out(
    part: Step | Stage, supervisor: Supervisor, steps: Steps, screen: Screen
) -> None:
    if isinstance(part, Step):
        await steps.run(part)
    else:
        names = [process.name for process in part.processes]
        with screen.working(
            f"starting {names[0] if len(names) == 1 else f'{len(names)} processes'}"
        ):
            await supervisor.start(part.processes)


async def _end_with_parent(task: asyncio.Task[None]) -> None:
    """Make may be killed with -9; what it started should not go on unseen."""
    parent = os.getppid()
    while os.getppid() == parent:  # noqa: ASYNC110 (nobody tells an orphan)
        await asyncio.sleep(_PARENT_SECONDS)
    task.cancel()
