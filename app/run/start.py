"""`dianyu run`: from nothing to everything answering, and back to nothing."""

import asyncio
import errno
import os
import signal
from collections.abc import Iterable

from app.run import preflight, processes
from app.run.errors import CannotRun
from app.run.processes import PYTHON
from app.run.screen import Screen
from app.run.steps import Steps
from app.run.supervisor import Supervisor
from app.run.wardship import Wardship
from crm_core.settings import Settings

_CLI = (PYTHON, "-m", "app.cli")
_STOPS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
_PARENT_SECONDS = 1.0


def run(settings: Settings, screen: Screen, *, with_parent: bool) -> None:
    """Start everything and keep it running until a signal, or the parent's end, stops it.

    Raises:
        CannotRun: something is in the way; nothing is left running.
    """
    try:
        asyncio.run(_run(settings, screen, with_parent=with_parent))
    except OSError as error:
        full = error.errno == errno.ENOSPC
        reason = "the disk is full" if full else f"{error.strerror}: {error.filename}"
        raise CannotRun(f"cannot work in {settings.home}: {reason}.") from error


async def _run(settings: Settings, screen: Screen, *, with_parent: bool) -> None:
    """Whatever stops a run does so by cancelling its task; a second signal makes it quick."""
    task = asyncio.create_task(_serve(settings, screen))
    for number in _STOPS:
        if signal.getsignal(number) is not signal.SIG_IGN or number is signal.SIGINT:
            asyncio.get_running_loop().add_signal_handler(number, task.cancel)
    parent = asyncio.create_task(_end_with_parent(task)) if with_parent else None
    try:
        await task
    except asyncio.CancelledError:
        screen.say("stopped")
    finally:
        if parent:
            parent.cancel()


async def _serve(settings: Settings, screen: Screen) -> None:
    stages = [processes.redis(settings), processes.services(settings)]
    preflight.make_folders(settings)
    with preflight.lock(settings.home) as lock:
        preflight.check_ports(process for stage in stages for process in stage)
        preflight.check_room(settings.home)
        environ = processes.environ(settings, os.environ)
        folder = settings.home / "logs"
        wardship = Wardship(keeps=[lock.fileno()])
        supervisor = Supervisor(folder, environ, wardship, screen.say)
        steps = Steps(folder, environ, wardship, screen)
        try:
            await _bring_up(settings, screen, supervisor, steps)
            await supervisor.watch()
        finally:
            screen.say("stopping …")
            await supervisor.stop()


async def _bring_up(
    settings: Settings, screen: Screen, supervisor: Supervisor, steps: Steps
) -> None:
    if settings.own_rasa:
        await steps.run("training the model", "train", processes.training(settings))
    await supervisor.start(processes.redis(settings))
    await steps.run("migrating the database", "migrate", (*_CLI, "migrate"))
    with screen.working("starting"):
        await supervisor.start(processes.services(settings))
    for line in _addresses(settings):
        screen.say(line)


def _addresses(settings: Settings) -> Iterable[str]:
    base = f"http://{settings.host}:{settings.port}"
    yield "Dianyu is running:"
    if settings.demo:
        yield f"  try it           {base}/try"
    yield f"  official account {base}/channels/oa/callback"
    yield f"  WeCom app        {base}/channels/wecom/callback"
    yield f"  state            {base}/readyz  {base}/metrics"
    yield f"  logs             {settings.home / 'logs'}"
    yield "Ctrl-C stops it."


async def _end_with_parent(task: asyncio.Task[None]) -> None:
    """Make may be killed with -9; what it started should not go on unseen."""
    parent = os.getppid()
    while os.getppid() == parent:  # noqa: ASYNC110 (nobody tells an orphan)
        await asyncio.sleep(_PARENT_SECONDS)
    task.cancel()
