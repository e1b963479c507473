"""`dianyu menu`: the account's menu; one made in its console stops once our callback is on."""

from contextlib import closing
from typing import Any

import typer

from app.cli.main import cli
from app.run.errors import CannotRun
from channels.oa.client import Client
from channels.oa.messages import INTENT_KEY, MENU_INTENTS
from crm_core.outbox.ports import SendError, Unanswered
from crm_core.settings import settings

group = typer.Typer(help="公众号菜单。", no_args_is_help=True)
cli.add_typer(group, name="menu")

_MINE = {"查积分": "query_points", "我的资料": "query_profile"}
_TALK = {"投诉": "file_complaint", "转人工": "human_handoff", "能问什么": "help"}


@group.callback()
def _menus() -> None:
    """公众号菜单。"""


@group.command("publish")
def publish() -> None:
    """把菜单发布到公众号；点一下和说一句效果一样。"""
    try:
        with closing(Client(settings())) as client:
            client.create_menu(menu())
    except (SendError, Unanswered) as error:
        raise CannotRun(f"公众号没有接受这个菜单（{error}）") from error
    typer.echo("菜单已发布，粉丝几分钟后就能看到。")


def menu() -> dict[str, Any]:
    """Three buttons, each entry asking as if it had been said."""
    return {
        "button": [
            {"name": "我的", "sub_button": [_entry(*entry) for entry in _MINE.items()]},
            _entry("搭配投票", "list_polls"),
            {"name": "帮忙", "sub_button": [_entry(*entry) for entry in _TALK.items()]},
        ]
    }


def _entry(name: str, intent: str) -> dict[str, str]:
    assert intent in MENU_INTENTS
    return {"type": "click", "name": name, "key": f"{INTENT_KEY}{intent}"}
