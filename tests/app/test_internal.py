from collections.abc import Iterator
from http import HTTPStatus
from typing import Any

import httpx
import pytest
from sqlalchemy import Engine
from sqlmodel import Session

from app.internal import create_app
from crm_core.settings import settings
from tests.actions.talk import a_message
from tests.factories import a_customer, a_store
from tests.serving import served


@pytest.fixture
def internal(engine: Engine) -> Iterator[httpx.Client]:
    secret = settings().internal_secret.get_secret_value()
    with (
        served(create_app()) as url,
        httpx.Client(
            base_url=url, headers={"Authorization": f"Bearer {secret}"}, trust_env=False
        ) as http,
    ):
        yield http


def call(name: str, inbound_id: int) -> dict[str, Any]:
    """What Rasa sends with selective domain on: no domain at all."""
    return {
        "next_action": name,
        "sender_id": "c_1",
        "tracker": {
            "sender_id": "c_1",
            "slots": {},
            "latest_message": {"text": "积分", "metadata": {"inbound_id": inbound_id}},
            "events": [],
            "paused": False,
            "followup_action": None,
            "active_loop": {},
            "latest_action_name": None,
        },
    }


def test_an_action_runs_without_a_domain(internal: httpx.Client, session: Session) -> None:
    message = a_message(session, a_customer(session))
    answer = internal.post("/internal/actions", json=call("action_query_points", message))
    assert answer.status_code == HTTPStatus.OK
    assert answer.json()["responses"][0]["response"] == "utter_points"


def test_an_unknown_action_is_not_found(internal: httpx.Client) -> None:
    answer = internal.post("/internal/actions", json=call("action_nobody", 1))
    assert (answer.status_code, answer.json()["action_name"]) == (404, "action_nobody")


def test_the_lexicon_is_sent_once_until_it_changes(
    internal: httpx.Client, session: Session
) -> None:
    a_store(session, "人民路店")
    first = internal.get("/internal/lexicon")
    assert "人民路店" in str(first.json()["entries"]["store"])
    tag = {"If-None-Match": first.headers["ETag"]}
    assert internal.get("/internal/lexicon", headers=tag).status_code == HTTPStatus.NOT_MODIFIED
    a_store(session, "滨江店")
    assert internal.get("/internal/lexicon", headers=tag).status_code == HTTPStatus.OK


def test_customers_names_are_not_in_the_lexicon(internal: httpx.Client, session: Session) -> None:
    a_customer(session, "欧阳娜娜")
    assert "欧阳娜娜" not in internal.get("/internal/lexicon").text


@pytest.mark.parametrize("path", ["/internal/lexicon", "/internal/actions"])
@pytest.mark.parametrize("secret", ["", "Bearer", "Bearer wrong", "Basic abc"])
def test_only_our_own_processes_come_in(internal: httpx.Client, path: str, secret: str) -> None:
    method = "GET" if "lexicon" in path else "POST"
    answer = internal.request(method, path, headers={"Authorization": secret})
    assert answer.status_code == HTTPStatus.UNAUTHORIZED
