"""The `dianyu` command. Each module of this package adds its own commands to `cli`."""

import importlib
import pkgutil
import sys

import typer

import app.cli
from app.run.errors import CannotRun
from crm_core.errors import CrmError
from crm_core.settings import BadSettings

cli = typer.Typer(
    help="Dianyu (店语): a CRM for retail chains that people use by talking to it.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)


def add_commands() -> None:
    """Let every module of this package add its own; repeating changes nothing."""
    for module in pkgutil.iter_modules(app.cli.__path__, "app.cli."):
        if module.name not in {"app.cli.main", "app.cli.__main__"}:
            importlib.import_module(module.name)


def main() -> None:
    """Run the command line; an expected failure is one sentence and exit status 1."""
    add_commands()
    try:
        cli()
    except (BadSettings, CannotRun) as error:
        sys.exit(f"dianyu: {error}")
    except CrmError as error:
        values = ", ".join(f"{name}: {value}" for name, value in error.values.items())
        sys.exit(f"dianyu: {error.code} {values}".rstrip())
