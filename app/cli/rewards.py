"""`dianyu coupons` and `dianyu rewards`: what the shop gives, and what points are worth."""

from pathlib import Path
from typing import Annotated

import typer
from pydantic import ValidationError

from app.cli import written
from app.cli.catalog import friendly
from app.cli.main import cli
from app.imports.cells import BadCell
from crm_core.authz import system
from crm_core.coupons import kinds
from crm_core.db import reading, unit_of_work
from crm_core.rewards import service as rewards
from crm_core.rewards.service import NewReward

coupons_group = typer.Typer(help="优惠券种类。", no_args_is_help=True)
rewards_group = typer.Typer(help="积分兑换品。", no_args_is_help=True)
cli.add_typer(coupons_group, name="coupons")
cli.add_typer(rewards_group, name="rewards")

_US = system("cli")
File = Annotated[Path, typer.Argument(help="YAML 文件，docs/rules.md 说明怎么写")]


@coupons_group.command("list")
def list_coupons() -> None:
    """列出全部优惠券种类。"""
    with friendly(), reading() as session:
        for kind in kinds.everything(session):
            typer.echo(f"{kind.code} {kind.title}")


@coupons_group.command("put")
def put_coupons(file: File) -> None:
    """保存文件里的优惠券种类；已经发出的券有效期不变。"""
    with friendly(), unit_of_work() as session:
        for row in written.rows(file):
            kinds.put(session, _US, kinds.read(row))
    typer.echo("已保存。")


@rewards_group.command("list")
def list_rewards() -> None:
    """列出全部兑换品。"""
    with friendly(), reading() as session:
        for reward in rewards.everything(session):
            left = "不限量" if reward.stock is None else f"共 {reward.stock} 份"
            typer.echo(f"{reward.code} {reward.title} {reward.points} 积分，{left}")


@rewards_group.command("put")
def put_rewards(file: File) -> None:
    """保存文件里的兑换品。"""
    with friendly(), unit_of_work() as session:
        for row in written.rows(file):
            rewards.put(session, _US, _reward(row))
    typer.echo("已保存。")


def _reward(row: dict[str, object]) -> NewReward:
    try:
        return NewReward.model_validate(row)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise BadCell(f"兑换品 {where} 写得不对：{first['msg']}") from None
