import pytest
from sqlalchemy import Engine
from typer.testing import CliRunner

from app.cli.main import add_commands, cli
from app.run.errors import CannotRun
from app.sandbox import accounts_of
from channels.oa.messages import MENU_INTENTS
from channels.sandbox.app import create_app
from crm_core.settings import settings
from tests.serving import served


@pytest.fixture
def run(engine: Engine) -> CliRunner:
    add_commands()
    return CliRunner()


def test_the_menu_is_published_and_its_entries_ask(
    run: CliRunner, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = create_app(accounts_of(settings()), "http://127.0.0.1:9")
    with served(made) as url:
        monkeypatch.setenv("DIANYU_SANDBOX_URL", url)
        settings.cache_clear()
        result = run.invoke(cli, ["menu", "publish"], catch_exceptions=False)
    assert result.exit_code == 0
    published = str(made.state.world.menu)
    assert all(f"intent:{intent}" in published for intent in MENU_INTENTS)


def test_a_platform_that_is_down_is_said(run: CliRunner, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DIANYU_SANDBOX_URL", "http://127.0.0.1:9")
    settings.cache_clear()
    result = run.invoke(cli, ["menu", "publish"])
    assert isinstance(result.exception, CannotRun)
