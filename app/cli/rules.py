"""`dianyu rule`: points, tiers, segments and the other numbers a shop decides itself."""

from typing import Annotated

import typer
import yaml

from app.cli.catalog import friendly
from app.cli.main import cli
from app.imports.cells import BadCell
from crm_core.authz import system
from crm_core.db import reading, unit_of_work
from crm_core.rules import service as rules

group = typer.Typer(help="规则：积分、等级、分群等。", no_args_is_help=True)
cli.add_typer(group, name="rule")

Name = Annotated[str, typer.Argument(help="规则名，如 points.vote")]
Value = Annotated[str, typer.Argument(help="新的值，写法同 list 里的样子")]


@group.command("list")
def list_rules() -> None:
    """列出全部规则；带 * 的改过。"""
    with friendly(), reading() as session:
        in_force = rules.everything(session)
    for name, value in in_force.items():
        changed = "*" if value != rules.defaults()[name] else " "
        typer.echo(f"{changed} {name}: {_written(value)}")


@group.command("set")
def set_rule(name: Name, value: Value) -> None:
    """修改一条规则。"""
    with friendly(), unit_of_work() as session:
        rules.put(session, system("cli"), name, _read(value))
    typer.echo("已更新。")


def _written(value: object) -> str:
    """On one line, in the way it is typed."""
    text = yaml.safe_dump(value, default_flow_style=True, allow_unicode=True, width=10_000)
    return text.removesuffix("\n...\n").strip()


def _read(value: str) -> object:
    try:
        return yaml.safe_load(value)
    except yaml.YAMLError:
        raise BadCell("值写得不对，请照 `dianyu rule list` 里的样子写") from None
