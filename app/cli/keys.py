"""`dianyu keys`: changing the secret that personal data are encrypted with."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import MofNCompleteColumn, Progress, SpinnerColumn, TextColumn

from app.cli.catalog import friendly
from app.cli.main import cli
from app.imports.cells import BadCell
from crm_core import crypto
from crm_core.authz import system
from crm_core.db import reading
from crm_core.rotation import secrets, service
from crm_core.settings import settings

group = typer.Typer(help="加密密钥：换新、重新加密、作废旧的。", no_args_is_help=True)
cli.add_typer(group, name="keys")

_ACTOR = system("cli")


@group.command("status")
def status() -> None:
    """现在用哪把密钥，还有多少资料在旧密钥下。"""
    present, *previous = (key.hex() for key in crypto.ring())
    typer.echo(f"当前密钥 {present}" + (f"，旧密钥 {'、'.join(previous)}" if previous else ""))
    with friendly(), reading() as session:
        left = service.left(session)
    for one in left:
        typer.echo(f"{one.table}：{one.rows} 行还在旧密钥下")
    typer.echo(
        "要换下旧密钥，请运行 `dianyu keys rotate`。" if left else "全部资料都在当前密钥下。"
    )


@group.command("new")
def new() -> None:
    """生成新密钥，旧的留作读取；之后重启各个进程，再运行 rotate。"""
    with _in_our_file():
        secrets.renew(settings().home)
    typer.echo("新密钥已写好。请重启 dianyu 的各个进程，然后运行 `dianyu keys rotate`。")


@group.command("rotate")
def rotate() -> None:
    """把资料全部改用当前密钥加密；可以中断，再运行会接着做。"""
    columns = SpinnerColumn(), TextColumn("{task.description}"), MofNCompleteColumn()
    console = Console(stderr=True)
    with friendly(), Progress(*columns, console=console, disable=not console.is_terminal) as bars:
        tasks: dict[str, int] = {}

        def tell(table: str, rows: int) -> None:
            if table not in tasks:
                tasks[table] = bars.add_task(table, total=None)
            bars.advance(tasks[table], rows)  # type: ignore[arg-type]

        rewritten = service.rotate(_ACTOR, progress=tell)
    typer.echo(f"完成，重新加密了 {rewritten} 行。确认后运行 `dianyu keys retire` 作废旧密钥。")


@group.command("retire")
def retire(
    yes: Annotated[bool, typer.Option("--yes", help="不再询问。")] = False,
) -> None:
    """作废旧密钥；还有资料在它下面时会拒绝。"""
    with friendly(), reading() as session:
        left = service.left(session)
        if left:
            raise BadCell("还有资料在旧密钥下，先运行 `dianyu keys rotate`")
    if not yes:
        typer.confirm("作废后，旧备份要用旧密钥才能读。继续吗？", abort=True)
    with _in_our_file():
        secrets.retire(settings().home)
    typer.echo("旧密钥已作废。")


@contextmanager
def _in_our_file() -> Iterator[None]:
    with friendly():
        try:
            yield
        except secrets.NotOurs as error:
            raise BadCell(str(error)) from error
