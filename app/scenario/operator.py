"""What an operator types in a scenario: the `dianyu` command, in this process."""

import shlex

from typer.testing import CliRunner

from app.cli import main as dianyu


class CommandFailed(Exception):
    """The command ended with an error; the message is what it printed."""


def run(command: str) -> str:
    """Run `dianyu COMMAND`; answers what it prints.

    Raises:
        CommandFailed: its exit status is not 0.
    """
    dianyu.add_commands()
    result = CliRunner().invoke(dianyu.cli, shlex.split(command))
    if result.exit_code != 0:
        reason = result.output.strip() or str(result.exception)
        raise CommandFailed(f"dianyu {command}: {reason}")
    return result.output
