"""`dianyu store|staff|product|poll|knowledge|customer|order`: a shop's own data.

What can be added and imported, and in which columns, is said in `app.imports.kinds`; the commands
and their options are made from it.
"""

import csv
import inspect
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any, BinaryIO

import typer
from rich import box, progress
from rich.console import Console
from rich.table import Table
from sqlalchemy.exc import OperationalError, ProgrammingError

from app.cli.main import cli
from app.imports import known, run, single
from app.imports.cells import BadCell
from app.imports.kind import Column, Kind
from app.imports.kinds import KINDS
from app.imports.reading import BadFile
from app.imports.wording import explain
from crm_core.authz import system
from crm_core.db import reading, unit_of_work
from crm_core.errors import CrmError
from crm_core.saving import Change

_DONE = {Change.ADDED: "新增", Change.CHANGED: "更新", Change.SAME: "未变"}
_SAVED = {Change.ADDED: "已新增。", Change.CHANGED: "已更新。", Change.SAME: "没有变化。"}
_ACTOR = system("cli")

AsCsv = Annotated[bool, typer.Option("--csv", help="输出 CSV，可再导入。")]
File = Annotated[
    Path, typer.Argument(help="CSV（UTF-8 或 GBK）或 Excel 文件，可以是 .gz，第一行是表头。")
]
DryRun = Annotated[bool, typer.Option("--dry-run", help="只检查，不保存。")]
Source = Annotated[str | None, typer.Option(help="来源系统，用它登记的列名映射。")]
Errors = Annotated[Path | None, typer.Option(help="失败的行写到这里，默认在原文件旁边。")]


def _register(kind: Kind) -> None:
    titles = "、".join(column.title for column in kind.columns)
    group = typer.Typer(help=f"{kind.title}：{titles}。", no_args_is_help=True)
    cli.add_typer(group, name=kind.name)
    if kind.listed:
        group.command("add", help=f"新增一条{kind.title}。")(_with_options(kind, single.add))
        group.command("edit", help=f"修改一条{kind.title}，没写的不变。")(
            _with_options(kind, single.edit)
        )
        group.command("list", help=f"列出{kind.title}。")(_lister(kind))
    group.command("import", help=f"从 CSV 或 Excel 导入{kind.title}。列：{titles}。")(
        _importer(kind)
    )


def _with_options(kind: Kind, save: Callable[..., Change]) -> Callable[..., None]:
    """A command whose first argument is the key and whose options are the other columns."""

    def command(**given: str | None) -> None:
        cells = {name: cell.strip() for name, cell in given.items() if cell is not None}
        with friendly(), unit_of_work() as session:
            change = save(session, kind, _ACTOR, cells)
        typer.echo(_SAVED[change])

    first, *others = kind.columns
    parameters = [_argument(first), *(_option(column) for column in others)]
    command.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    command.__annotations__ = {one.name: one.annotation for one in parameters}
    return command


def _argument(column: Column) -> inspect.Parameter:
    annotation = Annotated[str, typer.Argument(help=column.title)]
    return inspect.Parameter(
        column.name, inspect.Parameter.POSITIONAL_OR_KEYWORD, annotation=annotation
    )


def _option(column: Column) -> inspect.Parameter:
    annotation = Annotated[str | None, typer.Option(help=column.title, show_default=False)]
    return inspect.Parameter(
        column.name, inspect.Parameter.KEYWORD_ONLY, default=None, annotation=annotation
    )


def _lister(kind: Kind) -> Callable[..., None]:
    def command(*, as_csv: AsCsv = False) -> None:
        assert kind.listed is not None
        with friendly(), reading() as session:
            listed = [dict(row) for row in kind.listed(session)]
        titles = {column.name: column.title for column in kind.columns}
        if as_csv:
            writer = csv.writer(sys.stdout)
            writer.writerows([titles.values(), *([row[name] for name in titles] for row in listed)])
            return
        more = [name for name in (listed[0] if listed else {}) if name not in titles]
        table = Table(*titles.values(), *more, box=box.SIMPLE)
        for row in listed:
            table.add_row(*(row[name] for name in (*titles, *more)))
        Console().print(table if listed else f"还没有{kind.title}。")

    return command


def _importer(kind: Kind) -> Callable[..., None]:
    def command(
        file: File, *, dry_run: DryRun = False, errors: Errors = None, source: Source = None
    ) -> None:
        to = errors or file.with_name(f"{file.stem}.errors.csv")
        with friendly():
            mapping, _ = known.of(_ACTOR, source, kind.name)
            report = run.run(
                kind, file, _ACTOR,
                dry_run=dry_run, errors=to, opened=_with_progress, mapping=mapping,
            )  # fmt: skip
        _tell(report, dry_run=dry_run)
        if report.failed:
            raise typer.Exit(1)

    return command


def _tell(report: run.Report, *, dry_run: bool) -> None:
    if report.unknown:
        typer.echo(f"忽略了不认识的列：{'、'.join(report.unknown)}")
    for line in report.first_errors:
        typer.echo(line, err=True)
    counted = "，".join(f"{name} {report.counts[change]}" for change, name in _DONE.items())
    typer.echo(f"{'试运行，没有保存：' if dry_run else ''}{counted}，失败 {report.failed}")
    if report.errors:
        typer.echo(f"失败的行和原因在 {report.errors}，改好后可以直接再导入。", err=True)


@contextmanager
def _with_progress(path: Path) -> Iterator[BinaryIO]:
    """The file, with a bar for somebody who watches."""
    console = Console(stderr=True)
    hidden = not console.is_terminal
    with progress.open(path, "rb", description="导入", console=console, disable=hidden) as file:
        yield file


@contextmanager
def friendly() -> Iterator[None]:
    """Expected failures as one sentence, and exit status 1."""
    try:
        yield
    except (BadCell, BadFile) as error:
        _refuse(str(error))
    except CrmError as error:
        _refuse(explain(error))
    except (OperationalError, ProgrammingError) as error:
        _refuse(f"数据库用不了，先运行 `dianyu migrate`：{error.orig}")


def _refuse(reason: str) -> Any:
    typer.echo(reason, err=True)
    raise typer.Exit(1)


for _kind in KINDS.values():
    _register(_kind)
