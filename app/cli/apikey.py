"""`dianyu apikey`: keys by which tills, shops and partners use the API."""

from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from app.cli.catalog import friendly
from app.cli.main import cli
from crm_core.apikeys import service as apikeys
from crm_core.authz import Permission, system
from crm_core.clock import local
from crm_core.db import reading, unit_of_work

_OPERATOR = system("cli")

group = typer.Typer(help="API 密钥：收银、商城、合作方凭它访问 /api/v1。", no_args_is_help=True)
cli.add_typer(group, name="apikey")

Name = Annotated[str, typer.Argument(help="给谁用，如 收银机3号")]
Scopes = Annotated[
    list[str], typer.Option("--scope", help="允许做什么，可重复，如 order:write；见 scopes")
]
Prefix = Annotated[str, typer.Argument(help="密钥开头，list 里的样子，如 dy_1a2b3c4d")]


@group.command("add")
def add(name: Name, scope: Scopes) -> None:
    """发一把密钥；全文只显示这一次。"""
    with friendly(), unit_of_work() as session:
        issued = apikeys.issue(session, _OPERATOR, name, scope)
    typer.echo(issued.text)
    typer.echo("请立即保存：密钥不会再显示。", err=True)


@group.command("list")
def list_keys() -> None:
    """列出全部密钥。"""
    with friendly(), reading() as session:
        rows = apikeys.everything(session, _OPERATOR)
    table = Table("开头", "名称", "权限", "创建", "最近使用", "状态")
    for row in rows:
        used = f"{local(row.last_used_at):%Y-%m-%d %H:%M}" if row.last_used_at else "未用过"
        state = "已吊销" if row.revoked_at else "有效"
        made = f"{local(row.created_at):%Y-%m-%d}"
        table.add_row(row.prefix, row.name, " ".join(row.scopes), made, used, state)
    Console().print(table)


@group.command("revoke")
def revoke(prefix: Prefix) -> None:
    """吊销一把密钥，立即生效。"""
    with friendly(), unit_of_work() as session:
        row = apikeys.revoke(session, _OPERATOR, prefix)
    typer.echo(f"已吊销：{row.prefix} {row.name}")


@group.command("scopes")
def scopes() -> None:
    """列出可给的权限。"""
    for permission in Permission:
        typer.echo(permission.value)
