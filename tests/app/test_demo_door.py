from collections.abc import Iterator

import httpx
import pytest
from sqlalchemy import Engine
from sqlmodel import Session

from app.demo_door import _TURN_SECONDS
from channels.wecom.callback import STRANGER
from crm_core.customers import service as customers
from crm_core.customers.models import IdentityKind
from crm_core.settings import settings
from tests.channels.stage import Stage, stage
from tests.factories import a_customer, a_staff


@pytest.fixture
def on_stage(monkeypatch: pytest.MonkeyPatch, engine: Engine, session: Session) -> Iterator[Stage]:
    customer = a_customer(session, "林晓月")
    with stage(monkeypatch) as made:
        customers.identify(
            session, customer, IdentityKind.OA_OPENID, "oLin", account=settings().oa_appid,
            source="test",
        )  # fmt: skip
        a_staff(session, "陈静")
        yield made


def say(on_stage: Stage, **said: str) -> httpx.Response:
    return httpx.post(f"{on_stage.url}/try/messages", json=said, timeout=_TURN_SECONDS)


@pytest.mark.parametrize("persona", ["customer:林晓月", "customer", "assistant:陈静", "assistant"])
def test_a_persona_of_the_store_is_answered(on_stage: Stage, persona: str) -> None:
    answer = say(on_stage, persona=persona, text="你好")
    assert answer.json()["replies"] == [
        {"text": "收到：你好", "buttons": [], "image": None, "card": None}
    ]
    assert answer.json()["intent"] == "greet"


def test_a_repeat_is_counted_as_one(on_stage: Stage) -> None:
    answers = [
        say(on_stage, persona="customer", text="你好", message_id="m1").json() for _ in range(3)
    ]
    assert answers[0] == answers[1] == answers[2]
    counters = httpx.get(f"{on_stage.url}/try/counters").json()
    assert (counters["inbound"], counters["turns"]) == (1, 1)


def test_nobody_is_not_found(on_stage: Stage) -> None:
    answer = say(on_stage, persona="customer:没有这个人", text="你好")
    assert (answer.status_code, "没有" in answer.json()["detail"]) == (404, True)


def test_events_of_the_platform_can_be_played(on_stage: Stage) -> None:
    answer = say(on_stage, persona="customer", kind="subscribe", scene="store-1")
    assert answer.json()["replies"][0]["text"] == "收到：subscribed"


def test_a_stranger_sees_what_the_phone_shows(on_stage: Stage) -> None:
    on_stage.register(id="assistant:路人", name="路人", role="assistant", userid="Nobody")
    answer = say(on_stage, persona="assistant:路人", text="你好")
    assert answer.json()["replies"][0]["text"] == STRANGER
