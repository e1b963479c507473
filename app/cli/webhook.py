"""`dianyu webhook`: who is told of what happens, and how it went."""

from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from app.cli.catalog import friendly
from app.cli.main import cli
from crm_core.authz import system
from crm_core.clock import local
from crm_core.db import reading, unit_of_work
from crm_core.webhooks import service as webhooks
from crm_core.webhooks.models import DeliveryState

_OPERATOR = system("cli")
_SHOWN = 100
_STATES = {
    DeliveryState.PENDING: "待发送",
    DeliveryState.SENDING: "发送中",
    DeliveryState.DELIVERED: "已送达",
    DeliveryState.FAILED: "已放弃",
}

group = typer.Typer(help="推送：下单、积分、等级、投诉等发生时通知别的系统。", no_args_is_help=True)
cli.add_typer(group, name="webhook")

Url = Annotated[str, typer.Argument(help="接收地址，https://…")]
Events = Annotated[list[str], typer.Option("--event", help="通知什么，可重复，如 order.taken")]
Number = Annotated[int, typer.Argument(help="list 里的编号")]
DeliveryNumber = Annotated[int, typer.Argument(help="deliveries 里的编号")]
State = Annotated[DeliveryState | None, typer.Option(help="只看这种状态的")]
After = Annotated[int, typer.Option(help="从这个编号之后看起")]


@group.command("add")
def add(url: Url, event: Events) -> None:
    """登记一个接收地址；签名密钥只显示这一次。"""
    with friendly(), unit_of_work() as session:
        row = webhooks.add(session, _OPERATOR, url, event)
    typer.echo(row.secret)
    typer.echo(f"编号 {row.id}。请立即保存上面的签名密钥：不会再显示。", err=True)


@group.command("list")
def list_webhooks() -> None:
    """列出接收地址。"""
    with friendly(), reading() as session:
        rows = webhooks.everything(session, _OPERATOR)
    table = Table("编号", "地址", "事件")
    for row in rows:
        table.add_row(str(row.id), row.url, " ".join(row.events))
    Console().print(table)


@group.command("remove")
def remove(number: Number) -> None:
    """不再通知这个地址。"""
    with friendly(), unit_of_work() as session:
        webhooks.remove(session, _OPERATOR, number)
    typer.echo("已移除。")


@group.command("deliveries")
def deliveries(state: State = None, after: After = 0) -> None:
    """看推送记录，每次一百条。"""
    with friendly(), reading() as session:
        rows = webhooks.deliveries(session, _OPERATOR, state=state, after=after, limit=_SHOWN)
    table = Table("编号", "地址", "事件", "状态", "次数", "应答", "说明", "时间")
    for row in rows:
        table.add_row(
            str(row.id), str(row.webhook_id), row.event, _STATES[row.state], str(row.attempts),
            str(row.status or ""), row.error or "", f"{local(row.created_at):%Y-%m-%d %H:%M:%S}",
        )  # fmt: skip
    Console().print(table)


@group.command("replay")
def replay(number: DeliveryNumber) -> None:
    """重新推送一条。"""
    with friendly(), unit_of_work() as session:
        webhooks.replay(session, _OPERATOR, number)
    typer.echo("已排队，马上重发。")
