"""`dianyu rules`: what earns points, tried on last month before it is switched on."""

from datetime import date, datetime
from pathlib import Path
from typing import Annotated

import typer

from app.cli import written
from app.cli.catalog import friendly
from app.cli.main import cli
from app.imports.cells import BadCell
from crm_core.authz import system
from crm_core.db import reading, unit_of_work
from crm_core.earning import definition, service, simulating
from crm_core.earning.applying import Rule
from crm_core.earning.models import RuleState

group = typer.Typer(help="积分规则：新增、试算、启用、停用。", no_args_is_help=True)
cli.add_typer(group, name="rules")

_US = system("cli")
_STATES = {RuleState.DRAFT: "草稿", RuleState.ON: "启用", RuleState.OFF: "停用"}

File = Annotated[Path, typer.Argument(help="YAML 文件，docs/rules.md 说明怎么写")]
Code = Annotated[str, typer.Argument(help="规则的 code")]
FromFile = Annotated[Path | None, typer.Option("--file", help="试算文件里的规则，不保存")]
Month = Annotated[str | None, typer.Option(help="哪个月，如 2026-10；不写就是上个月")]


@group.command("list")
def list_rules() -> None:
    """列出全部积分规则。"""
    with friendly(), reading() as session:
        for rule in service.everything(session):
            typer.echo(f"{_STATES[rule.state]} {rule.code} {rule.title} {rule.definition}")


@group.command("put")
def put(file: File) -> None:
    """保存文件里的规则；新的和改过的是草稿，启用后才算。"""
    with friendly(), unit_of_work() as session:
        for code, rule in _rules(file):
            service.put(session, _US, code, rule.title, rule.definition)
    typer.echo("已保存。")


@group.command("simulate")
def simulate(code: Code, *, file: FromFile = None, month: Month = None) -> None:
    """按一个整月的订单试算一条规则，什么也不改。"""
    with friendly(), reading() as session:
        begins = _month(month)
        rule = _rule_of(file, code) if file else service.ready(session, code)
        found = simulating.simulate(session, _US, rule, since=begins)
    more = found.points_with - found.points_without
    percent = f"，多 {more / found.points_without:.1%}" if found.points_without else ""
    typer.echo(
        f"{found.since:%Y年%m月}共 {found.deeds} 笔，其中 {found.affected} 笔、"
        f"{found.customers} 位顾客会多得积分。\n"
        f"没有这条规则 {found.points_without} 积分，有了 {found.points_with} 积分"
        f"（多 {more} 积分{percent}）。"
    )


@group.command("on")
def on(code: Code) -> None:
    """启用一条规则。"""
    _switch(code, on=True)


@group.command("off")
def off(code: Code) -> None:
    """停用一条规则。"""
    _switch(code, on=False)


def _switch(code: str, *, on: bool) -> None:
    with friendly(), unit_of_work() as session:
        rule = service.switch(session, _US, code, on=on)
        typer.echo(f"「{rule.title}」已{_STATES[rule.state]}。")


def _rules(file: Path) -> list[tuple[str, Rule]]:
    found = []
    for row in written.rows(file):
        code, title = row.pop("code", None), row.pop("title", None)
        if not isinstance(code, str) or not isinstance(title, str):
            raise BadCell("每条规则都要有 code 和 title")
        found.append((code, Rule(title, definition.read(row))))
    return found


def _rule_of(file: Path, code: str) -> Rule:
    rules = dict(_rules(file))
    if code not in rules:
        raise BadCell(f"文件里没有「{code}」这条规则")
    return rules[code]


def _month(said: str | None) -> date | None:
    if said is None:
        return None
    try:
        return datetime.strptime(said, "%Y-%m").date()  # noqa: DTZ007  a month has no zone
    except ValueError:
        raise BadCell("月份写成 2026-10 这样") from None
