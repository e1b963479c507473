"""`dianyu quality`, `dianyu questionnaire` and `dianyu keys` at a terminal."""

from pathlib import Path

import pytest
from sqlmodel import Session

from app.cli import keys as _keys  # noqa: F401  adds its commands
from app.cli import quality as _quality  # noqa: F401
from app.cli import questionnaire as _questionnaire  # noqa: F401
from crm_core import crypto
from crm_core.clock import now
from crm_core.customers.models import Customer
from crm_core.questionnaires import links
from crm_core.settings import settings
from tests.app.commands import dianyu
from tests.factories import a_customer

pytestmark = pytest.mark.usefixtures("engine")
WELCOME = """
title: 认识一下
questions:
  - {name: size, field: "size:上装", text: 上衣平时穿什么码？}
"""


@pytest.fixture
def member(session: Session) -> Customer:
    made = a_customer(session, "林晓月", phone="+8613812345678")
    made.member_since = now()
    session.add(made)
    session.commit()
    return made


def test_figures_are_shown_against_their_target(member: Customer) -> None:
    assert "还没有数字" in dianyu("quality", "show").output
    dianyu("quality", "target", "completeness", "60")
    assert "已计算" in dianyu("quality", "measure").output
    shown = dianyu("quality", "show", "--of", "completeness").output
    for words in ("完整性", "2/4", "50%", "60%"):
        assert words in shown


def test_tags_are_drawn_and_answered() -> None:
    assert "抽了 0 个" in dianyu("quality", "draw").output
    assert "没有这个抽查" in dianyu("quality", "answer", "7", "--right", fails=True).output


def test_a_questionnaire_is_published_linked_and_closed(member: Customer, tmp_path: Path) -> None:
    file = tmp_path / "welcome.yml"
    file.write_text(WELCOME, encoding="utf-8")
    for _ in range(2):
        assert "第 1 版" in dianyu("questionnaire", "publish", "welcome", str(file)).output
    assert "认识一下（开放）" in dianyu("questionnaire", "list").output
    url = dianyu("questionnaire", "link", "welcome", str(member.id), "--base", "https://x.cn/")
    token = url.output.strip().removeprefix("https://x.cn/q/")
    assert links.opened(token).customer_id == member.id
    dianyu("questionnaire", "close", "welcome")
    refused = dianyu("questionnaire", "link", "welcome", str(member.id), fails=True)
    assert "已经停用" in refused.output


def test_a_file_that_is_no_questionnaire_is_said(tmp_path: Path) -> None:
    file = tmp_path / "bad.yml"
    for written in ("title: [", "title: 只有标题"):
        file.write_text(written, encoding="utf-8")
        assert dianyu("questionnaire", "publish", "bad", str(file), fails=True).output


def test_the_key_is_changed_step_by_step(
    member: Customer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "secrets.env").write_text(f"DIANYU_SECRET_KEY={_present()}\n")
    monkeypatch.delenv("DIANYU_SECRET_KEY")
    assert "请重启" in dianyu("keys", "new").output
    _restart()
    assert "customer：1 行" in dianyu("keys", "status").output
    assert "先运行" in dianyu("keys", "retire", "--yes", fails=True).output
    assert "重新加密了" in dianyu("keys", "rotate").output
    assert "全部资料都在当前密钥下" in dianyu("keys", "status").output
    assert "旧密钥已作废" in dianyu("keys", "retire", "--yes").output
    _restart()
    assert "旧密钥" not in dianyu("keys", "status").output.splitlines()[0]


def test_a_key_of_the_environment_is_changed_there(tmp_path: Path) -> None:
    (tmp_path / "secrets.env").write_text("DIANYU_SECRET_KEY=a\n")
    assert "环境变量" in dianyu("keys", "new", fails=True).output


def _present() -> str:
    return settings().secret_key.get_secret_value()


def _restart() -> None:
    """As a new process would read its settings."""
    settings.cache_clear()
    crypto.forget()
