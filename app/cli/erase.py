"""`dianyu erase`: a customer asks to be forgotten."""

import uuid
from typing import Annotated

import typer

from app.cli.catalog import friendly
from app.cli.main import cli
from crm_core.authz import system
from crm_core.customers import claims
from crm_core.customers.claims import Claim
from crm_core.customers.phones import InvalidPhone
from crm_core.customers.service import CustomerNotFound
from crm_core.db import unit_of_work
from crm_core.erasing import service as erasing
from crm_core.merging import binding

Number = Annotated[str, typer.Argument(help="手机号或会员卡号。")]
Yes = Annotated[bool, typer.Option("--yes", help="不再确认。")]


@cli.command("erase")
def erase(number: Number, *, yes: Yes = False) -> None:
    """注销一位顾客：删除称呼、号码、消息、喜好等个人资料，不能恢复；订单和积分只留作统计。"""
    with friendly():
        claim = _claim(number)
    if not yes:
        typer.confirm(f"注销 {claim.masked}，不能恢复。确定吗？", abort=True)
    with friendly(), unit_of_work() as session:
        customer = binding.holder_of(session, claim)
        if customer is None:
            raise CustomerNotFound(0)
        erasing.erase(session, system("cli"), customer.id, ref=f"cli:{uuid.uuid4()}")
    typer.echo("已注销。")


def _claim(number: str) -> Claim:
    try:
        return claims.phone(number)
    except InvalidPhone:
        return claims.card(number)
