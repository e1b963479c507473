"""`dianyu questionnaire`: questionnaires as files, and links to them."""

import hashlib
from pathlib import Path
from typing import Annotated

import typer
import yaml

from app.cli.catalog import friendly
from app.cli.main import cli
from app.imports.cells import BadCell
from crm_core.authz import system
from crm_core.db import reading, unit_of_work
from crm_core.questionnaires import publishing, service

group = typer.Typer(help="问卷：发布、列出、停用、生成链接。", no_args_is_help=True)
cli.add_typer(group, name="questionnaire")

_ACTOR = system("cli")

Code = Annotated[str, typer.Argument(help="问卷编号，如 welcome")]


@group.command("publish")
def publish(
    code: Code, file: Annotated[Path, typer.Argument(help="YAML 文件，写法见 docs。")]
) -> None:
    """发布一份问卷，或它的新版本。"""
    with friendly():
        try:
            text = file.read_text(encoding="utf-8")
            given = yaml.safe_load(text)
        except (OSError, UnicodeError, yaml.YAMLError) as error:
            raise BadCell(f"读不了 {file}：{error}") from None
        ref = f"cli:{code}:{hashlib.sha256(text.encode()).hexdigest()[:32]}"
        with unit_of_work() as session:
            row = publishing.publish(session, _ACTOR, code, given, ref=ref)
    typer.echo(f"已发布：{row.title}，第 {row.version} 版。")


@group.command("list")
def list_all() -> None:
    """列出问卷。"""
    with friendly(), reading() as session:
        rows = publishing.listed(session)
    for row in rows:
        state = "已停用" if row.closed_at else "开放"
        typer.echo(f"{row.code} 第 {row.version} 版：{row.title}（{state}）")


@group.command("close")
def close(code: Code) -> None:
    """停用一份问卷。"""
    with friendly(), unit_of_work() as session:
        publishing.close(session, _ACTOR, code)
    typer.echo("已停用。")


@group.command("link")
def link(
    code: Code,
    customer: Annotated[int, typer.Argument(help="顾客编号。")],
    base: Annotated[str, typer.Option(help="网站地址，如 https://crm.example.com")] = "",
) -> None:
    """给一位顾客生成问卷链接，14 天内有效。"""
    with friendly(), reading() as session:
        token = service.link(session, _ACTOR, customer, code)
    typer.echo(f"{base.rstrip('/')}/q/{token}")
