"""`dianyu quality`: how good the data are, by store and source, against their targets."""

from datetime import date, datetime
from typing import Annotated

import typer
from rich import box
from rich.console import Console
from rich.table import Table

from app.cli.catalog import friendly
from app.cli.main import cli
from crm_core.authz import system
from crm_core.clock import today
from crm_core.db import reading, unit_of_work
from crm_core.quality import service, tags
from crm_core.quality.models import Dimension

group = typer.Typer(help="数据质量：完整、准确、一致、及时、标签准确。", no_args_is_help=True)
cli.add_typer(group, name="quality")

_ACTOR = system("cli")
_TITLES = {
    Dimension.COMPLETENESS: "完整性",
    Dimension.ACCURACY: "准确性",
    Dimension.CONSISTENCY: "一致性",
    Dimension.TIMELINESS: "及时性",
    Dimension.TAG_ACCURACY: "标签准确率",
}
_PER_CENT = 10

Since = Annotated[datetime | None, typer.Option(help="从这一天起。", formats=["%Y-%m-%d"])]
Of = Annotated[Dimension | None, typer.Option("--of", help="只看这一项。")]
StoreCode = Annotated[str, typer.Option(help="门店编号。")]
Store = Annotated[str | None, typer.Option(help="门店编号。")]


@group.command("measure")
def measure() -> None:
    """现在重新计算今天的数字。"""
    with friendly(), unit_of_work() as session:
        rows = service.measure(session, _ACTOR)
    typer.echo(f"已计算 {len(rows)} 项。")


@group.command("show")
def show(of: Of = None, store: Store = None, since: Since = None) -> None:
    """看数据质量和目标；不写日期看最近一天。"""
    with friendly(), reading() as session:
        lines = service.report(
            session, _ACTOR, dimension=of, store_code=store, since=since.date() if since else None
        )
    table = Table("日期", "项目", "门店", "来源", "达标/总数", "比例", "目标", box=box.SIMPLE)
    for line in lines:
        met = {True: " ✓", False: " ✗", None: ""}[line.is_met]
        wanted = line.target_per_mille
        table.add_row(
            line.day.isoformat(), _TITLES[line.dimension], line.store_code or "全部",
            line.source or "全部", f"{line.good}/{line.counted}",
            f"{line.per_mille / _PER_CENT:g}%",
            "" if wanted is None else f"{wanted / _PER_CENT:g}%{met}",
        )  # fmt: skip
    Console().print(table if lines else "还没有数字，先运行 `dianyu quality measure`。")


@group.command("target")
def target(
    dimension: Annotated[Dimension, typer.Argument(help="哪一项。")],
    per_cent: Annotated[float, typer.Argument(help="至少百分之几。", min=0, max=100)],
    since: Since = None,
    store: StoreCode = "",
) -> None:
    """从某一天起（默认今天）的目标；不写门店是所有门店的。"""
    day: date = since.date() if since else today()
    with friendly(), unit_of_work() as session:
        service.set_target(
            session, _ACTOR, dimension, round(per_cent * _PER_CENT), since=day, store_code=store
        )
    typer.echo("目标已保存。")


@group.command("draw")
def draw() -> None:
    """抽一批标签请导购核对。"""
    with friendly(), unit_of_work() as session:
        drawn = tags.draw(session, _ACTOR)
    typer.echo(f"今天抽了 {len(drawn)} 个标签。")


@group.command("answer")
def answer(
    check: Annotated[int, typer.Argument(help="抽查编号。")],
    right: Annotated[bool, typer.Option("--right/--wrong", help="标签对不对。")],
) -> None:
    """记下一个标签对不对；不对的会去掉。"""
    with friendly(), unit_of_work() as session:
        tags.answer(session, _ACTOR, check, is_right=right, ref=f"cli:check:{check}")
    typer.echo("已记下。")
