"""Playing several scenarios on one stage, with a line for whatever failed."""

import time
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path

from app.run.screen import Screen
from app.scenario import children
from app.scenario.player import play
from app.scenario.reading import Read
from app.scenario.stage import Stage, stage
from crm_core.settings import settings


def all_pass(
    scenarios: Sequence[Read],
    models: Path | None = None,
    *,
    rasa_url: str | None = None,
    show: bool = False,
) -> bool:
    """Play each on a fresh store and say how it went; whether all went as expected.

    With `rasa_url` on a Rasa that runs already; with `show` every turn is told, not only failures.

    Raises:
        CannotRun: the stage could not be set up.
    """
    screen, home = Screen(), settings().home.absolute()
    found = None
    if rasa_url is None:
        with screen.working("training the model (minutes where its inputs changed)"):
            found = children.trained(models, home)
    with ExitStack() as stack:
        with screen.working("setting the stage"):
            ready = stack.enter_context(stage(home / "logs", models=found, rasa_url=rasa_url))
        passed = [_passes(ready, read, screen, show=show) for read in scenarios]
    screen.say(f"{passed.count(True)} passed, {passed.count(False)} failed")
    return all(passed)


def _passes(ready: Stage, read: Read, screen: Screen, *, show: bool) -> bool:
    started, passed = time.monotonic(), True
    for turn in play(ready, read):
        if show:
            screen.say(f"{turn.what}\n{turn.came}".rstrip())
        if turn.wrong:
            screen.say(f"FAILED {turn.failure}")
            passed = False
    if passed:
        screen.say(f"passed {read.name} ({time.monotonic() - started:.1f} s)")
    return passed
