"""Running `dianyu` in this process."""

from pathlib import Path

from typer.testing import CliRunner, Result

import app.cli.catalog
import app.cli.earning
import app.cli.erase
import app.cli.rewards
import app.cli.rules
import app.cli.segments
import app.cli.tiers
from app.cli.main import cli

assert app.cli.catalog
assert app.cli.earning
assert app.cli.erase
assert app.cli.rewards
assert app.cli.rules
assert app.cli.segments
assert app.cli.tiers
runner = CliRunner()


def dianyu(*arguments: str, fails: bool = False, typed: str | None = None) -> Result:
    result = runner.invoke(cli, list(arguments), input=typed)
    assert (result.exit_code != 0) is fails, result.output + repr(result.exception)
    assert result.exception is None or isinstance(result.exception, SystemExit)
    return result


def a_file(tmp_path: Path, *lines: str, encoding: str = "utf-8") -> str:
    path = tmp_path / "data.csv"
    path.write_text("\n".join(lines) + "\n", encoding=encoding)
    return str(path)
