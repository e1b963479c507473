"""`dianyu import`: whole files of other systems, previewed, counted, taken in, undone."""

from pathlib import Path
from typing import Annotated

import typer
from rich import box
from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from app.cli.catalog import friendly
from app.cli.main import cli
from app.cli.written import read as read_file
from app.imports import known, whole
from app.imports import mapping as mappings_of
from app.imports import preview as previewing
from app.imports.cells import BadCell
from app.imports.kinds import KINDS
from app.imports.whole import Task
from crm_core.authz import system
from crm_core.db import reading, unit_of_work
from crm_core.imports import mappings, service, undoing
from crm_core.imports.models import ImportRun

_ACTOR = system("cli")
_group = typer.Typer(help="整份文件的导入：预览、映射、试运行、导入、撤销。", no_args_is_help=True)
cli.add_typer(_group, name="import")

File = Annotated[Path, typer.Argument(help="CSV 或 Excel 文件，可以是 .gz。")]
KindName = Annotated[str, typer.Option("--kind", help="数据种类。")]
Source = Annotated[str | None, typer.Option(help="来源系统，用它的列名映射。")]


@_group.command("mapping", help="登记来源的列名映射（YAML），有变化就是新版本。")
def keep_mapping(file: Path) -> None:
    with friendly(), unit_of_work() as session:
        said = mappings_of.read(read_file(file))
        if said.kind not in KINDS:
            raise BadCell(f"没有「{said.kind}」这种数据，有：{'、'.join(KINDS)}")
        row = mappings.keep(session, _ACTOR, said.source, said.kind, said.model_dump(mode="json"))
    typer.echo(f"「{row.source}」的{KINDS[row.kind].title}映射，第 {row.version} 版。")


@_group.command(help="看看文件会被怎样理解，不保存。")
def preview(file: File, kind: KindName = "order", source: Source = None) -> None:
    with friendly():
        mapping, _ = known.of(_ACTOR, source, kind)
        shown = previewing.of(KINDS[kind], file, mapping)
    table = Table("列", "来自", *(f"第 {line} 行" for line in shown.lines), box=box.SIMPLE)
    for title, origin, cells in shown.columns:
        table.add_row(title, origin, *cells)
    Console().print(table)
    if shown.unknown:
        typer.echo(f"没有用到的列：{'、'.join(shown.unknown)}")
    for problem in shown.problems:
        typer.echo(problem, err=True)


@_group.command(help="导入订单文件；--dry-run 只计数。")
def run(
    file: File,
    source: Source = None,
    *,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="只检查和计数，不保存。")] = False,
    errors: Annotated[Path | None, typer.Option(help="失败的行写到这里。")] = None,
) -> None:
    to = errors or file.with_name(f"{file.stem}.errors.csv")
    with friendly(), Progress(console=Console(stderr=True), transient=True) as progress:
        mapping, mapping_id = known.of(_ACTOR, source, "order")
        bar = progress.add_task("读取", total=None)

        def shown(what: str, done: int, of: int) -> None:
            progress.update(bar, description=what, completed=done, total=of)

        task = Task(file, to, mapping, mapping_id, dry_run=dry_run, shown=shown)
        done = whole.run(_ACTOR, task)
    _tell(done)
    if done.failed:
        typer.echo(f"失败的行和原因在 {to}，改好后可以直接再导入。", err=True)
        raise typer.Exit(1)


@_group.command("list", help="列出最近的导入。")
def list_runs() -> None:
    with friendly(), reading() as session:
        runs = service.latest(session, _ACTOR)
    table = Table("编号", "来源", "文件", "状态", "行", "新增", "未变", "失败", "撤销", "保留")
    for each in runs:
        counts = (each.lines, each.added, each.same, each.failed, each.undone, each.kept)
        state = f"{each.state.value}{'（试运行）' if each.dry_run else ''}"
        table.add_row(str(each.id), each.source, each.file_name, state, *map(str, counts))
    Console().print(table if runs else "还没有导入过。")


@_group.command(help="撤销一整次导入；之后有退货等变动的订单会保留。")
def undo(number: int) -> None:
    with friendly():
        done = undoing.undo(_ACTOR, number)
    typer.echo(f"撤销 {done.undone} 单，保留 {done.kept} 单。")


def _tell(done: ImportRun) -> None:
    typer.echo(
        f"{'试运行，没有保存：' if done.dry_run else f'第 {done.id} 次导入：'}"
        f"{done.lines} 行，新增 {done.added}，未变 {done.same}，失败 {done.failed}"
    )
