from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from http import HTTPStatus
from pathlib import Path

import httpx
import pytest
from sqlalchemy import Engine

from app.gateway import create_app
from channels import turns
from crm_core import db, queues
from crm_core.db import unit_of_work
from crm_core.inbound import service as inbound
from crm_core.inbound.models import Inbound, InboundState
from crm_core.settings import Settings, settings
from tests.actions.talk import a_message
from tests.channels.sealed import OTHER_KEY, Account, a_text, post
from tests.channels.stage import Rasa, Stage, stage
from tests.factories import a_customer
from tests.serving import served

DEMO_PATHS = ["/try", "/_nicegui/x.js", "/try/counters"]


@pytest.fixture
def on_stage(monkeypatch: pytest.MonkeyPatch, engine: Engine) -> Iterator[Stage]:
    with stage(monkeypatch) as made:
        yield made


@contextmanager
def a_shop(monkeypatch: pytest.MonkeyPatch, **environ: str) -> Iterator[str]:
    """A gateway as a real shop runs it, with a Rasa that echoes."""
    rasa = Rasa()
    rasa.free.set()
    with ExitStack() as running:
        url = running.enter_context(served(rasa.app()))
        for name, value in {"DEMO": "off", "RASA_URL": url, **environ}.items():
            monkeypatch.setenv(f"DIANYU_{name}", value)
        settings.cache_clear()
        yield running.enter_context(served(create_app()))
    settings.cache_clear()


def ready(url: str) -> tuple[int, dict[str, bool]]:
    answer = httpx.get(f"{url}/readyz", timeout=30)
    return answer.status_code, answer.json()


def test_without_the_demo_its_routes_do_not_exist(
    monkeypatch: pytest.MonkeyPatch, engine: Engine
) -> None:
    with a_shop(monkeypatch) as url:
        asked = [httpx.get(url + path).status_code for path in DEMO_PATHS]
        said = [httpx.post(f"{url}/try/{what}", json={}) for what in ("messages", "parse")]
    assert {*asked, *(answer.status_code for answer in said)} == {HTTPStatus.NOT_FOUND}


def test_a_shop_without_credentials_has_no_callbacks(
    monkeypatch: pytest.MonkeyPatch, engine: Engine
) -> None:
    with a_shop(monkeypatch) as url:
        answers = [httpx.post(f"{url}/channels/{one}/callback") for one in ("oa", "wecom")]
    assert {answer.status_code for answer in answers} == {HTTPStatus.NOT_FOUND}


def test_a_shop_answers_under_its_own_credentials(
    monkeypatch: pytest.MonkeyPatch, engine: Engine
) -> None:
    own = {"OA_APPID": "wx1234567890abcdef", "OA_TOKEN": "token", "OA_AES_KEY": OTHER_KEY}
    with a_shop(monkeypatch, **own) as url:
        account = Account.of("oa")
        answer = post(url, "oa", *account.sealed(a_text()))
        assert account.receiver == "wx1234567890abcdef"
        assert "收到：你好" in account.opened(answer.text)


def test_a_real_shop_talks_to_the_real_platforms() -> None:
    config = Settings(demo=False)
    assert config.wechat_api_base == "https://api.weixin.qq.com"
    assert config.wecom_api_base == "https://qyapi.weixin.qq.com"


class TestReadiness:
    def test_is_said_once_everything_answers(self, on_stage: Stage) -> None:
        assert ready(on_stage.url) == (200, {"database": True, "redis": True, "rasa": True})
        assert httpx.get(f"{on_stage.url}/healthz").json() == {"status": "alive"}

    def test_names_a_dialogue_that_is_down(
        self, monkeypatch: pytest.MonkeyPatch, engine: Engine
    ) -> None:
        with a_shop(monkeypatch, RASA_URL="http://127.0.0.1:9") as url:
            assert ready(url) == (503, {"database": True, "redis": True, "rasa": False})
            assert httpx.get(f"{url}/healthz").is_success

    def test_names_a_database_that_is_down(self, on_stage: Stage, engine: Engine) -> None:
        db.use(db.make_engine("sqlite:////no/such/folder/dianyu.db"))
        assert ready(on_stage.url)[1]["database"] is False
        db.use(engine)
        assert ready(on_stage.url)[0] == HTTPStatus.OK

    def test_names_a_redis_that_is_down(
        self, monkeypatch: pytest.MonkeyPatch, engine: Engine, tmp_path: Path
    ) -> None:
        with a_shop(monkeypatch, REDIS_URL=f"unix://{tmp_path}/none.sock") as url:
            queues.redis.cache_clear()
            assert ready(url)[1]["redis"] is False
        queues.redis.cache_clear()


def test_what_is_counted_can_be_read(on_stage: Stage) -> None:
    post(on_stage.url, "oa", *Account.of("oa").sealed(a_text()))
    httpx.post(f"{on_stage.url}/channels/oa/callback", content=b"x")
    read = httpx.get(f"{on_stage.url}/metrics").text
    assert 'dianyu_callbacks_total{channel="oa",kind="text"}' in read
    assert 'dianyu_callbacks_refused_total{channel="oa",reason="no_timestamp"}' in read
    assert 'dianyu_turns_total{outcome="answered"}' in read


def test_a_database_that_was_away_does_not_end_the_watch_for_turns(
    monkeypatch: pytest.MonkeyPatch, engine: Engine
) -> None:
    monkeypatch.setattr(turns, "_SWEEP_SECONDS", 0.05)
    with unit_of_work() as session:
        customer = a_customer(session, "林晓月")
    with stage(monkeypatch) as made:
        db.use(db.make_engine("sqlite:////no/such/folder/dianyu.db"))
        assert ready(made.url)[1]["database"] is False  # and the watch has seen it
        db.use(engine)
        with unit_of_work() as session:
            row = session.get_one(Inbound, a_message(session, customer, "还在吗"))
            row.state, row.attempts = InboundState.RUNNING, 1
            row.claimed_at = row.received_at = row.received_at - 2 * inbound.LEASE
            session.add(row)
        assert made.rasa.begun.wait(20)
