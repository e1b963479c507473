"""`dianyu field`: the catalogue of fields, tags and sources; the shop's own fields."""

import csv
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import typer
import yaml
from rich import box
from rich.console import Console
from rich.table import Table

from app.cli.catalog import friendly
from app.cli.main import cli
from app.imports.cells import BadCell
from crm_core.authz import system
from crm_core.clock import local
from crm_core.customers import service as customers
from crm_core.db import reading, unit_of_work
from crm_core.fields import catalogue, defining, searching, tags
from crm_core.fields import reading as fields
from crm_core.fields.models import (
    CatalogueThing,
    CustomField,
    FieldKind,
    Sensitivity,
    TagDefinition,
)

group = typer.Typer(
    help="顾客资料的字段、标签和来源：用途、敏感级别、负责人。", no_args_is_help=True
)
cli.add_typer(group, name="field")

_ACTOR = system("cli")
_LEVELS = {
    Sensitivity.OPEN: "公开",
    Sensitivity.INTERNAL: "内部",
    Sensitivity.PERSONAL: "个人信息",
    Sensitivity.HIGHEST: "最高",
}

Code = Annotated[str, typer.Argument(help="字段编号，如 wedding_on")]
Purpose = Annotated[str, typer.Option(help="用途，没有用途不能收集。")]
Owner = Annotated[str, typer.Option(help="负责人或部门。")]
Level = Annotated[Sensitivity, typer.Option(help="敏感级别；personal 和 highest 加密保存。")]
Rules = Annotated[str, typer.Option(help="校验规则，如 '{least: 1, most: 99}'。")]
Consent = Annotated[str, typer.Option(help="要先有的同意：membership、marketing 或 survey。")]
Customer = Annotated[int, typer.Argument(help="顾客编号。")]


@group.command("list")
def list_fields() -> None:
    """列出全部字段：用途、敏感级别、负责人。"""
    with friendly(), reading() as session:
        rows = catalogue.fields(session)
    shown = [
        (row.code, row.title, _LEVELS[row.sensitivity], row.purpose, row.owner) for row in rows
    ]
    _print(("编号", "字段", "敏感级别", "用途", "负责人"), shown)


@group.command("sources")
def list_sources() -> None:
    """列出资料的来源：负责人、条数、最近一次。"""
    with friendly(), reading() as session:
        rows = catalogue.sources(session)
    shown = [
        (row.code, row.title, row.owner, str(row.entries),
         f"{local(row.latest_at):%Y-%m-%d %H:%M}" if row.latest_at else "")
        for row in rows
    ]  # fmt: skip
    _print(("编号", "来源", "负责人", "条数", "最近"), shown)


@group.command("define")
def define(  # noqa: PLR0913  a field is all of this
    code: Code,
    *,
    title: Annotated[str, typer.Option(help="名称，如 婚期。")],
    purpose: Purpose,
    owner: Owner,
    kind: Annotated[FieldKind, typer.Option(help="类型。")] = FieldKind.TEXT,
    sensitivity: Level = Sensitivity.INTERNAL,
    rules: Rules = "{}",
    consent: Consent = "",
) -> None:
    """新增或修改一个门店自己的字段。"""
    with friendly(), unit_of_work() as session:
        wanted = CustomField(
            code=code, title=title, kind=kind, sensitivity=sensitivity, purpose=purpose,
            owner=owner, rules=_read(rules), consent=consent,
        )  # fmt: skip
        defining.define(session, _ACTOR, wanted)
    typer.echo("已保存。")


@group.command("retire")
def retire(code: Code) -> None:
    """停用一个字段：不再收集，已有的还能看。"""
    with friendly(), unit_of_work() as session:
        defining.retire(session, _ACTOR, code)
    typer.echo("已停用。")


@group.command("own")
def own(
    thing: Annotated[CatalogueThing, typer.Argument(help="source 或 field。")],
    code: Annotated[str, typer.Argument(help="编号。")],
    title: Annotated[str, typer.Option(help="名称。")],
    owner: Owner,
) -> None:
    """说明一个来源（或自带字段）是什么、归谁负责。"""
    with friendly(), unit_of_work() as session:
        defining.own(session, _ACTOR, thing, code, title, owner)
    typer.echo("已保存。")


@group.command("tag")
def tag(
    name: Annotated[str, typer.Argument(help="标签，如 怕冷。")],
    purpose: Purpose,
    owner: Owner,
    belongs_to: Annotated[str, typer.Option(help="所属的组。")] = "",
    exclusive: Annotated[bool, typer.Option(help="同组只能有一个。")] = False,
    sensitivity: Level = Sensitivity.INTERNAL,
) -> None:
    """新增或修改一个标签。"""
    wanted = TagDefinition(
        name=name, purpose=purpose, owner=owner, belongs_to=belongs_to, exclusive=exclusive,
        sensitivity=sensitivity,
    )  # fmt: skip
    with friendly(), unit_of_work() as session:
        defining.define_tag(session, _ACTOR, wanted)
    typer.echo("已保存。")


@group.command("tags")
def list_tags() -> None:
    """列出门店定义的标签。"""
    with friendly(), reading() as session:
        rows = tags.listed(session)
    shown = [(row.belongs_to, row.name, row.purpose, row.owner) for row in rows]
    _print(("组", "标签", "用途", "负责人"), shown)


@group.command("find")
def find(
    code: Code,
    operator: Annotated[str, typer.Argument(help="=、>=、<= 或 含")],
    value: Annotated[str, typer.Argument(help="要找的值。")],
) -> None:
    """按门店自己的字段找顾客。"""
    with friendly(), reading() as session:
        found = searching.find(session, _ACTOR, code, operator, value)
        shown = [(str(customer.id), customers.masked(customer)) for customer in found]
    _print(("编号", "顾客"), shown)


@group.command("origin")
def origin(customer: Customer, code: Code) -> None:
    """一位顾客的一个字段从哪里来：来源、谁、什么时候。"""
    with friendly(), reading() as session:
        rows = catalogue.origins(session, _ACTOR, customer, code)
    shown = [
        (f"{local(row.at):%Y-%m-%d %H:%M}", row.source, row.actor, row.value or "（清空）")
        for row in rows
    ]
    _print(("时间", "来源", "谁", "值"), shown)


@group.command("open")
def open_one(
    customer: Customer,
    code: Code,
    reason: Annotated[str, typer.Option(help="为什么要看，会记下来。")],
) -> None:
    """查看一位顾客的一个加密字段的原文，要写明原因。"""
    with friendly(), reading() as session:
        value = fields.open_field(session, _ACTOR, customer, code, reason=reason)
    typer.echo(value or "没有记录。")


@group.command("export")
def export(file: Annotated[Path, typer.Argument(help="写到这个 CSV 文件。")]) -> None:
    """导出顾客资料；个人信息打码，最高级别的永远不出明文。"""
    with friendly(), reading() as session:
        rows = [
            {"编号": str(each), **fields.exported(session, _ACTOR, each)}
            for each in customers.within(session, _ACTOR)
        ]
    titles = list(dict.fromkeys(title for row in rows for title in row))
    with file.open("w", encoding="utf-8-sig", newline="") as out:
        writer = csv.DictWriter(out, titles)
        writer.writeheader()
        writer.writerows(rows)
    typer.echo(f"已导出 {len(rows)} 位顾客到 {file}。")


def _read(rules: str) -> dict[str, Any]:
    try:
        read = yaml.safe_load(rules)
    except yaml.YAMLError:
        read = None
    if not isinstance(read, dict):
        raise BadCell("校验规则写得不对，请照 '{least: 1, most: 99}' 的样子写")
    return {
        name: str(value) if hasattr(value, "isoformat") else value for name, value in read.items()
    }


def _print(titles: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> None:
    table = Table(*titles, box=box.SIMPLE)
    for row in rows:
        table.add_row(*row)
    Console().print(table if rows else "没有记录。")
