"""`dianyu duplicates`: who may be one person, the decision, and parting what was merged."""

from typing import Annotated

import typer
from rich import box, progress
from rich.console import Console
from rich.table import Table

from app.cli.catalog import friendly
from app.cli.main import cli
from crm_core.authz import system
from crm_core.clock import local
from crm_core.customers import service as customers
from crm_core.db import reading, unit_of_work
from crm_core.merging import duplicates, joins, service

_ACTOR = system("cli")
_AT_ONCE = 2000  # customers of one transaction

group = typer.Typer(help="重复顾客：查找、复核、合并、拆开。", no_args_is_help=True)
cli.add_typer(group, name="duplicates")

PairNumber = Annotated[int, typer.Argument(help="list 里的编号")]
MergeNumber = Annotated[int, typer.Argument(help="merges 里的编号")]
CustomerNumber = Annotated[int, typer.Argument(help="顾客编号")]
Limit = Annotated[int, typer.Option(help="最多列出多少对")]


@group.command("scan")
def scan() -> None:
    """查找可能是同一人的顾客，放进复核清单；可以重复运行。"""
    with friendly():
        with reading() as session:
            last = duplicates.last_id(session)
        found = 0
        console = Console(stderr=True)
        starts = progress.track(
            range(1, last + 1, _AT_ONCE), "查找", console=console, disable=not console.is_terminal
        )
        for first in starts:
            with unit_of_work() as session:
                found += duplicates.scan(session, _ACTOR, first, first + _AT_ONCE - 1)
    typer.echo(f"新找到 {found} 对，`dianyu duplicates list` 可以查看。")


@group.command("list")
def list_pairs(*, limit: Limit = 20) -> None:
    """列出等待复核的顾客，最像的在前。"""
    with friendly(), reading() as session:
        waiting = duplicates.waiting(session, _ACTOR, limit=limit)
    table = Table("编号", "顾客", "顾客", "相似度", "依据", box=box.SIMPLE)
    for one in waiting:
        table.add_row(str(one.id), one.first, one.second, str(one.score), one.evidence)
    Console().print(table if waiting else "没有等待复核的顾客。")


@group.command("accept")
def accept(number: PairNumber) -> None:
    """确认是同一人，合并成一位顾客。"""
    with friendly(), unit_of_work() as session:
        kept = duplicates.accept(session, _ACTOR, number)
        shown = customers.masked(kept)
    typer.echo(f"已合并到 {shown}（顾客编号 {kept.id}）。合错了可以用 unmerge 拆开。")


@group.command("reject")
def reject(number: PairNumber) -> None:
    """确认不是同一人，以后不再列出。"""
    with friendly(), unit_of_work() as session:
        duplicates.reject(session, _ACTOR, number)
    typer.echo("已记下：是两个人。")


@group.command("merges")
def merges(customer: CustomerNumber) -> None:
    """列出这位顾客是由哪些记录合并来的，为什么。"""
    why = {row.rule: row.why for row in joins.table()} | {duplicates.REVIEWED: "人工复核"}
    with friendly(), reading() as session:
        done = service.of_customer(session, _ACTOR, customer)
    table = Table("编号", "时间", "并入的记录", "原因", "操作者", box=box.SIMPLE)
    for one in done:
        when = f"{local(one.at):%Y-%m-%d %H:%M}"
        table.add_row(str(one.id), when, str(one.source_id), why.get(one.rule, one.rule), one.actor)
    Console().print(table if done else "这位顾客没有合并过。")


@group.command("unmerge")
def unmerge(number: MergeNumber) -> None:
    """把合并拆开，两边恢复原样；合并以后的往来归到各自名下。"""
    with friendly(), unit_of_work() as session:
        done = service.unmerge(session, _ACTOR, number, ref=f"cli:unmerge:{number}")
    typer.echo(f"已拆开：顾客 {done.source_id} 和顾客 {done.target_id}。")
