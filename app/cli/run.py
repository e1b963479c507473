"""`dianyu run` and the steps that it takes by itself."""

import os
from typing import Annotated

import typer
from dotenv import dotenv_values
from sqlalchemy.exc import OperationalError

from app import demo as demo_store
from app.cli.main import cli
from app.run.errors import CannotRun
from app.run.plan import plan
from app.run.preflight import make_home
from app.run.start import run as start
from app.run.supervisor import Patience
from crm_core import migrate as schema
from crm_core.figures import jobs as figures
from crm_core.settings import DOT_ENV, load, settings

Demo = Annotated[bool, typer.Option(help="The demo store, unless DIANYU_DEMO says otherwise.")]
DemoStore = Annotated[bool, typer.Option(help="Load the demo store where there is nothing.")]
WithParent = Annotated[bool, typer.Option(help="Stop when the calling process ends.")]


@cli.command()
def run(*, demo: Demo = False, with_parent: WithParent = False) -> None:
    """Start everything, print the addresses, stop cleanly on Ctrl-C."""
    if demo and "DIANYU_DEMO" not in {**dotenv_values(DOT_ENV), **os.environ}:
        os.environ["DIANYU_DEMO"] = "on"
    make_home(load(os.environ).home)
    start(settings(), plan(settings()), Patience(), with_parent=with_parent)


@cli.command()
def migrate(*, demo: DemoStore = False) -> None:
    """Bring the database to this release's schema."""
    try:
        schema.upgrade()
        figures.fill_missing()
    except OperationalError as error:
        raise CannotRun(f"the database does not work: {error.orig}") from error
    if demo:
        _load_demo_store()


def _load_demo_store() -> None:
    if not settings().demo:
        raise CannotRun("the demo is off; DIANYU_DEMO=on turns it on.")
    loaded = demo_store.load()
    typer.echo("demo store loaded" if loaded else "not empty, so no demo store is loaded")
