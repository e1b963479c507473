"""`dianyu scenario`: filling a database with a stated store, and playing what is stated on one."""

import sys
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import Annotated

import httpx
import typer

from app.cli.main import cli
from app.run.errors import CannotRun
from app.scenario import loading, reading
from app.scenario.event import CannotHappen
from app.scenario.reading import BadScenario, Read
from crm_core import clock, migrate
from crm_core.db import unit_of_work
from crm_core.settings import settings

scenario = typer.Typer(
    help="State a store in a file; play conversations on it.", no_args_is_help=True
)
cli.add_typer(scenario, name="scenario")

File = Annotated[Path, typer.Argument(help="A scenario; docs/scenarios.md says how to write one.")]
Files = Annotated[list[Path], typer.Argument(help="Scenarios, each played on a store of its own.")]
SetClock = Annotated[
    bool, typer.Option("--clock", help="Let this home live at the file's clock (demo only).")
]
Models = Annotated[
    Path | None,
    typer.Option(help="The folder of the model to play with, if it is not the home's own."),
]

Show = Annotated[bool, typer.Option("--show", help="Tell what came of every turn.")]


@scenario.command()
def load(file: File, *, set_clock: SetClock = False) -> None:
    """Fill an empty database with what a file gives."""
    (read,) = _read([file])
    if set_clock and (read.scenario.clock is None or not settings().demo):
        raise CannotRun("--clock needs a file that names one, and DIANYU_DEMO=on.")
    migrate.upgrade()
    try:
        with unit_of_work() as session:
            cast = loading.load(session, read.scenario)
    except loading.NotEmpty as error:
        raise CannotRun(f"{error}; a scenario fills an empty one only.") from error
    except CannotHappen as error:
        raise CannotRun(f"{read.where(error.place)}: {error}") from error
    if set_clock:
        clock.share(cast.begins)
        _move_sandbox(cast.begins)
    typer.echo(f"{len(cast.rows)} customers, {len(read.scenario.given.staff)} of staff")


@scenario.command()
def play(files: Files, *, models: Models = None, show: Show = False) -> None:
    """Play scenarios through the real channels and say which turns failed."""
    from app.scenario import playing  # noqa: PLC0415  a whole Dianyu, which only this one needs

    if not playing.all_pass(_read(files), models, show=show):
        sys.exit(1)


def _move_sandbox(moment: datetime) -> None:
    """Let a running sandbox follow; one that starts later does by itself."""
    body = {"now": moment.isoformat()}
    with suppress(httpx.TransportError):
        httpx.post(f"{settings().sandbox_url}/control/clock", json=body, trust_env=False)


def _read(files: list[Path]) -> list[Read]:
    """All of them, or every mistake in any of them.

    Raises:
        CannotRun: one is no scenario.
    """
    read, mistakes = [], []
    for file in files:
        try:
            read.append(reading.read(file))
        except BadScenario as error:
            mistakes.append(str(error))
    if mistakes:
        raise CannotRun("\n".join(["not a scenario:", *mistakes]))
    return read
