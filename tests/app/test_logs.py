"""What goes into the logs says what happened and where, but neither who nor in which words."""

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import httpx
import pytest
from rq.registry import FailedJobRegistry
from sqlalchemy import Engine, text
from sqlalchemy.exc import DBAPIError
from sqlmodel import Session

from actions.base import CrmAction
from actions.turn import Turn
from app import wiring
from app.run.processes import ROOT
from crm_core import db, queues
from crm_core.authz import Actor
from crm_core.outbox import jobs as outbox_jobs
from crm_core.outbox import service as outbox
from crm_core.settings import settings
from tests.actions.talk import a_message, say
from tests.app.talkative import WORDS, fail
from tests.channels.oa.conftest import LIN
from tests.channels.oa.test_callback import signed
from tests.channels.stage import Stage, stage
from tests.factories import a_customer
from tests.serving import a_port

_DEADLINE_SECONDS = 60
_WEB = ("--no-access-log", "--no-server-header")


@pytest.fixture
def on_stage(monkeypatch: pytest.MonkeyPatch, engine: Engine) -> Iterator[Stage]:
    with stage(monkeypatch) as made:
        made.register(id=LIN, name="林晓月", openid="oLin", phone="13812345678")
        yield made


def private() -> list[str]:
    """What no log may hold."""
    config = settings()
    secrets = [
        config.oa_secret, config.oa_token, config.oa_aes_key, config.wecom_secret,
        config.wecom_token, config.wecom_aes_key, config.internal_secret, config.secret_key,
        config.sms_access_key_secret,
    ]  # fmt: skip
    return [*WORDS.split(), "13812345678", "oLin", *(one.get_secret_value() for one in secrets)]


def assert_discreet(logged: str) -> None:
    assert [one for one in private() if one in logged] == []


@contextmanager
def a_process(*command: str) -> Iterator[Callable[[], str]]:
    """A process as `make run` starts it; the call ends it and answers what it has written."""
    process = subprocess.Popen(
        [sys.executable, "-m", *command],
        cwd=ROOT,
        env=dict(os.environ),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )

    def written() -> str:
        process.terminate()
        return process.communicate(timeout=_DEADLINE_SECONDS)[0]

    with process:
        try:
            yield written
        finally:
            process.kill()


def until(condition: Callable[[], bool]) -> None:
    """Look again until it is so."""
    deadline = time.monotonic() + _DEADLINE_SECONDS
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_a_bug_in_a_request_is_logged_without_its_words() -> None:
    with a_port() as probe:
        port = str(probe.getsockname()[1])
    url = f"http://127.0.0.1:{port}"

    def up() -> bool:
        try:
            return httpx.get(f"{url}/healthz", trust_env=False).is_success
        except httpx.TransportError:
            return False

    app = "tests.app.talkative:create_app"
    with a_process("uvicorn", "--factory", app, "--port", port, *_WEB) as written:
        until(up)
        assert httpx.get(url, params={"q": WORDS}, trust_env=False).is_server_error
        logged = written()
    assert "ValueError" in logged  # the cause too
    assert "RuntimeError" in logged
    assert "talkative.py" in logged
    assert_discreet(logged)


def test_a_bug_in_a_job_is_kept_and_logged_without_its_words() -> None:
    queue = queues.get(queues.BULK)
    job = queue.enqueue(fail)
    with a_process("app.worker", queues.BULK) as written:
        until(lambda: job.id in FailedJobRegistry(queue=queue).get_job_ids())
        logged = written()
    result = job.latest_result()
    assert result is not None
    for kept in (logged, result.exc_string or ""):
        assert "RuntimeError" in kept
        assert "talkative.py" in kept
        assert_discreet(kept)


def test_what_a_database_refuses_is_not_quoted(engine: Engine) -> None:
    with pytest.raises(DBAPIError) as refused, db.unit_of_work() as session:
        session.connection().execute(text("INSERT INTO nowhere VALUES (:said)"), {"said": WORDS})
    assert_discreet(str(refused.value))


class _Talkative(CrmAction):
    def name(self) -> str:
        return "action_talkative"

    def handle(self, session: Session, actor: Actor, turn: Turn) -> None:
        fail()


def test_a_bug_in_an_action_is_logged_without_its_words(
    on_stage: Stage, session: Session, capfd: pytest.CaptureFixture[str]
) -> None:
    said = say(_Talkative, a_message(session, a_customer(session), WORDS), text=WORDS)
    logged = "".join(capfd.readouterr())
    assert said.names == ["utter_error"]
    assert "action_talkative" in logged
    assert "RuntimeError" in logged
    assert_discreet(logged)


def test_a_conversation_leaves_no_words_in_the_log(
    on_stage: Stage,
    session: Session,
    capfd: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Answered, failed, broken off, refused, unsendable: whatever happens to a message."""
    on_stage.say(LIN, WORDS)
    on_stage.rasa.answer = lambda _: {
        "replies": [], "state": None, "failed_actions": ["action_x"],
    }  # fmt: skip
    on_stage.say(LIN, f"{WORDS}！")
    on_stage.rasa.answer = lambda said: {"nothing": said["text"]}
    on_stage.say(LIN, f"{WORDS}？")
    _post(on_stage, f"<xml><FromUserName>oLin</FromUserName><Content>{WORDS}</Content></xml>")
    with wiring.plug_in(settings()):
        to = outbox.Recipient("oa", "oNobody13812345678")
        row = outbox.queue(
            session, to, outbox.Content("text", {"text": WORDS}), key="k", purpose="test"
        )
        session.commit()
        outbox_jobs.deliver(row.id)
    logged = "".join(capfd.readouterr()) + caplog.text
    happened = ["turn failed", "turn broken off", "callback refused", "not sent"]
    assert [one for one in happened if one not in logged] == []
    assert_discreet(logged)


def _post(on_stage: Stage, body: str) -> None:
    url = f"{on_stage.url}/channels/oa/callback"
    params = signed() | {"openid": "oLin"}
    assert httpx.post(url, params=params, content=body.encode()).is_client_error
