"""`dianyu tiers`: the shop's levels, what each takes and what it brings."""

from pathlib import Path
from typing import Annotated

import typer

from app.cli import written
from app.cli.catalog import friendly
from app.cli.main import cli
from crm_core.authz import system
from crm_core.db import reading, unit_of_work
from crm_core.tiers import program, service
from crm_core.tiers.program import Level, Over

group = typer.Typer(help="会员等级：查看、更换。", no_args_is_help=True)
cli.add_typer(group, name="tiers")

Set = Annotated[str, typer.Argument(help="clothing（服装）、fresh_food（生鲜），或一个 YAML 文件")]

_OVER = {Over.ROLLING_YEAR: "近一年", Over.EVER: "累计"}
_FEN_A_YUAN = 100


@group.command("show")
def show() -> None:
    """列出现在的等级、门槛和权益。"""
    with friendly(), reading() as session:
        levels = program.in_force(session)
    typer.echo(f"{levels.name}，保级宽限 {levels.grace_days} 天")
    for level in levels.levels:
        rights = levels.rights(level.name).model_dump(mode="json", exclude_none=True)
        typer.echo(f"{level.name}：{'，或'.join(_ways(level)) or '人人都是'}；权益 {rights}")


@group.command("use")
def use(name: Set) -> None:
    """换成另一套等级；顾客的等级在夜里按新的门槛调整。"""
    with friendly(), unit_of_work() as session:
        own = name not in program.SHIPPED
        levels = program.read(written.read(Path(name))) if own else program.shipped(name)
        service.use(session, system("cli"), levels)
    typer.echo(f"已启用「{levels.name}」这套等级。")


def _ways(level: Level) -> list[str]:
    ways = []
    if level.spending:
        ways.append(f"{_OVER[level.spending.over]}消费满 {level.spending.fen // _FEN_A_YUAN} 元")
    if level.points:
        ways.append(f"{_OVER[level.points.over]}得满 {level.points.points} 积分")
    if level.redeem:
        ways.append(f"用 {level.redeem.points} 积分换 {level.redeem.months} 个月")
    return ways
