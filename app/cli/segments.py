"""`dianyu segment`: who belongs together, by what rule, how many they are, who came and went."""

from datetime import date
from typing import Annotated
from uuid import uuid4

import orjson
import typer
from rich import box
from rich.console import Console
from rich.table import Table

from app.cli.catalog import friendly
from app.cli.main import cli
from app.imports.cells import BadCell
from crm_core.acquisition import service as acquisition
from crm_core.authz import system
from crm_core.db import reading, unit_of_work
from crm_core.figures import jobs as figures
from crm_core.segments import jobs, nights, rule, schema, shipped, wording
from crm_core.segments import service as segments
from crm_core.segments.models import SegmentKind
from crm_core.segments.rule import InSegment, Rule
from crm_core.segments.service import Stats, Trial

_ACTOR = system("cli")
_KINDS = {SegmentKind.LIVING: "实时", SegmentKind.STATIC: "固定"}

group = typer.Typer(help="分群：定义、人数、名单、进出。", no_args_is_help=True)
cli.add_typer(group, name="segment")

Name = Annotated[str, typer.Argument(help="分群名，如 沉睡")]
Said = Annotated[str, typer.Argument(help="一句话或 JSON 的规则，如 最近一次购买距今超过 30 天")]
Some = Annotated[int, typer.Option(help="列出几位。")]
AsJson = Annotated[bool, typer.Option("--json", help="规则写成 JSON。")]


@group.command("list")
def list_segments(*, count: Annotated[bool, typer.Option(help="同时数人数。")] = False) -> None:
    """列出全部分群；带 * 的是本店定义的。"""
    table = Table("", "分群", "类型", "说明", *(["人数"] if count else []), box=box.SIMPLE)
    with friendly(), reading() as session:
        for known in segments.everything(session, _ACTOR):
            cells = ["*" if known.own else "", known.name, _KINDS[known.kind], known.meaning]
            if count:
                cells.append(str(segments.count(session, _ACTOR, InSegment(known.name))))
            table.add_row(*cells)
    Console().print(table)


@group.command()
def show(name: Name, *, as_json: AsJson = False) -> None:
    """一个分群的定义。"""
    with friendly(), reading() as session:
        known = segments.get(session, _ACTOR, name)
    if as_json:
        typer.echo(orjson.dumps(rule.to_json(known.rule)).decode())
        return
    typer.echo(f"{known.name}（{_KINDS[known.kind]}）{known.meaning}")
    typer.echo(wording.render(known.rule))


@group.command("try")
def try_rule(said: Said, *, some: Some = 10) -> None:
    """试一条规则：人数和几位顾客，不保存。"""
    with friendly(), reading() as session:
        wanted = segments.understood(said)
        found = segments.tried(session, _ACTOR, wanted, limit=some)
    _show_trial(wanted, found)


@group.command()
def count(name: Name) -> None:
    """一个分群现在有多少人。"""
    with friendly(), reading() as session:
        typer.echo(segments.count(session, _ACTOR, InSegment(name)))


@group.command()
def members(name: Name, *, some: Some = 20) -> None:
    """一个分群里的顾客，姓名打码，后来的在前。"""
    with friendly(), reading() as session:
        found = segments.tried(session, _ACTOR, InSegment(name), limit=some)
    _show_sample(found)


@group.command()
def save(
    name: Name,
    said: Said,
    *,
    static: Annotated[bool, typer.Option("--static", help="固定为现在的这些人。")] = False,
    meaning: Annotated[str, typer.Option(help="说明，给同事看。")] = "",
    yes: Annotated[bool, typer.Option("--yes", help="不再询问。")] = False,
) -> None:
    """保存一个分群；先显示人数和几位顾客。"""
    with friendly(), reading() as session:
        wanted = segments.understood(said)
        found = segments.tried(session, _ACTOR, wanted)
    _show_trial(wanted, found)
    if not yes and not typer.confirm(f"保存为「{name}」？"):
        typer.echo("没有保存。")
        return
    kind = SegmentKind.STATIC if static else SegmentKind.LIVING
    with friendly(), unit_of_work() as session:
        ref = f"cli:{uuid4()}"
        segments.save(session, _ACTOR, name, wanted, kind=kind, meaning=meaning, ref=ref)
    typer.echo("已保存。")


@group.command()
def drop(name: Name) -> None:
    """删除本店的分群；自带的恢复原来的定义。"""
    with friendly(), unit_of_work() as session:
        segments.drop(session, _ACTOR, name)
    typer.echo("已删除或恢复。")


@group.command()
def diff(name: Name, *, some: Some = 10) -> None:
    """上次夜间记录以来，谁进了这个分群，谁离开了。"""
    with friendly(), reading() as session:
        moved = nights.moved(session, _ACTOR, name)
        for title, ids in (("进入", moved.entered), ("离开", moved.left)):
            typer.echo(f"{moved.since} 以来{title} {len(ids)} 位")
            for line in segments.shown(session, _ACTOR, ids[:some]):
                typer.echo(f"  {line}")


@group.command()
def look() -> None:
    """现在就做今天的夜间记录；一天一次。"""
    with friendly():
        jobs.look_at_all()
    typer.echo("已记录。")


@group.command()
def stages() -> None:
    """生命周期和五个阶段各有多少人。"""
    with friendly(), reading() as session:
        life = segments.stats(session, _ACTOR)
        reached = segments.stages(session, _ACTOR)
    _show_stats("生命周期", life)
    _show_stats("阶段", reached)


@group.command()
def tags() -> None:
    """自动标签的定义。"""
    table = Table("标签", "定义", box=box.SIMPLE)
    for name, meant in shipped.tags().items():
        table.add_row(name, wording.render(meant))
    Console().print(table)


@group.command("schema")
def show_schema() -> None:
    """规则的 JSON schema。"""
    typer.echo(orjson.dumps(schema.schema(), option=orjson.OPT_INDENT_2).decode())


@group.command()
def rebuild() -> None:
    """从订单重算全部顾客的指标。"""
    with friendly():
        made = figures.rebuild_all(lambda until, last: typer.echo(f"{until} / {last}", err=True))
    typer.echo(f"已重算 {made} 位顾客。")


@group.command()
def cost(
    source: Annotated[str, typer.Argument(help="来源，如 oa、import；不写则列出全部。")] = "",
    month: Annotated[str, typer.Argument(help="月份，如 2026-10。")] = "",
    yuan: Annotated[int, typer.Argument(min=0, help="花了多少元。")] = 0,
) -> None:
    """记录某个来源某月的获客花费；或列出每位顾客的获客成本。"""
    if source:
        with friendly(), unit_of_work() as session:
            acquisition.spend(session, _ACTOR, source, _month(month), yuan * 100)
        typer.echo("已记录。")
        return
    table = Table("来源", "月份", "花费（元）", "新客", "每位（元）", box=box.SIMPLE)
    with friendly(), reading() as session:
        for won in acquisition.won(session, _ACTOR):
            each = "" if won.each_fen is None else f"{won.each_fen / 100:.2f}"
            spent = f"{won.cost_fen / 100:.2f}"
            table.add_row(won.source, f"{won.month:%Y-%m}", spent, str(won.customers), each)
    Console().print(table)


def _month(said: str) -> date:
    try:
        return date.fromisoformat(f"{said}-01")
    except ValueError:
        raise BadCell("月份请写成 2026-10 这样") from None


def _show_trial(wanted: Rule, found: Trial) -> None:
    typer.echo(wording.render(wanted))
    typer.echo(f"现在 {found.count} 位：")
    _show_sample(found)


def _show_sample(found: Trial) -> None:
    for line in found.sample:
        typer.echo(f"  {line}")
    if found.count > len(found.sample):
        typer.echo(f"  …… 共 {found.count} 位")


def _show_stats(title: str, stats: Stats) -> None:
    table = Table(title, "人数", "占比", box=box.SIMPLE)
    for name, number in stats.counts.items():
        table.add_row(name, str(number), f"{stats.of(number):.1%}")
    table.add_row("还没买过", str(stats.never_bought), f"{stats.of(stats.never_bought):.1%}")
    Console().print(table)
