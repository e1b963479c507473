"""Outbox rows through our clients to the real stand-in, its error codes and faults included."""

from collections.abc import Callable, Iterator

import httpx
import pytest
from sqlalchemy import Engine
from sqlmodel import Session

from app import wiring
from app.sandbox import accounts_of
from channels.sandbox.app import create_app as stand_in
from crm_core import queues
from crm_core.outbox import jobs, ports
from crm_core.outbox import service as outbox
from crm_core.outbox.models import Outbound, OutboundState
from crm_core.settings import settings
from tests.serving import served

Control = Callable[..., httpx.Response]


@pytest.fixture
def control(monkeypatch: pytest.MonkeyPatch, engine: Engine) -> Iterator[Control]:
    """The stand-in's control API, with one follower, one employee and our senders plugged in."""
    with served(stand_in(accounts_of(settings()), "http://127.0.0.1:9")) as url:
        monkeypatch.setenv("DIANYU_SANDBOX_URL", url)
        settings.cache_clear()
        with httpx.Client(base_url=url, trust_env=False) as http, wiring.plug_in(settings()):
            yield _control(http)


def _control(http: httpx.Client) -> Control:

    def call(path: str, body: object = None) -> httpx.Response:
        answer = (
            http.get(f"/control{path}") if body is None else http.post(f"/control{path}", json=body)
        )
        return answer.raise_for_status()

    people = [
        {"id": "lin", "name": "林晓月", "openid": "oLin", "phone": "+8613812345678"},
        {"id": "wu", "name": "吴敏", "openid": "oWu"},
        {"id": "chen", "name": "陈静", "role": "assistant", "userid": "ChenJing"},
    ]
    call("/personas", people)
    call("/messages", {"persona": "lin", "text": "在吗"})  # opens the 48-hour window
    return call


def send(session: Session, to: outbox.Recipient, content: outbox.Content) -> Outbound:
    row = outbox.queue(session, to, content, key=f"k{content}", purpose="test")
    session.commit()
    jobs.deliver(row.id)
    session.refresh(row)
    return row


def shown(control: Control, persona: str) -> list[str]:
    items = control(f"/phones/{persona}").json()["items"]
    return [i["text"] for i in items if i["direction"] == "received" and i["kind"] != "notice"]


OA = outbox.Recipient("oa", "oLin")
WECOM = outbox.Recipient("wecom", "ChenJing")
HELLO = outbox.Content("text", {"text": "新品到店"})


def test_a_customer_service_message_arrives(session: Session, control: Control) -> None:
    row = send(session, OA, HELLO)
    assert row.state is OutboundState.SENT
    assert shown(control, "lin") == ["新品到店"]


def test_late_replies_are_rendered(session: Session, control: Control) -> None:
    replies = {"replies": [{"text": "一"}, {"text": "二", "buttons": [{"title": "好"}]}]}
    send(session, OA, outbox.Content("replies", replies))
    assert shown(control, "lin") == ["一\n\n二\n1. 好"]


def test_a_mass_send_reaches_each_once(session: Session, control: Control) -> None:
    payload = {"openids": ["oLin", "oWu"], "text": "会员日", "clientmsgid": "c1"}
    row = send(session, outbox.Recipient("oa_mass"), outbox.Content("text", payload))
    assert row.provider_id
    assert shown(control, "lin") == shown(control, "wu") == ["会员日"]


def test_an_sms_arrives_with_its_code(session: Session, control: Control) -> None:
    to = outbox.Recipient("sms", "+8613812345678")
    row = send(session, to, outbox.Content("code", {"code": "246810"}))
    assert row.state is OutboundState.SENT
    assert "246810" in shown(control, "lin")[0]


def test_text_and_markdown_reach_the_app(session: Session, control: Control) -> None:
    send(session, WECOM, HELLO)
    send(session, WECOM, outbox.Content("markdown", {"text": "**周报**"}))
    assert shown(control, "chen") == ["新品到店", "**周报**"]


def test_a_card_brings_a_response_code_that_changes_it(session: Session, control: Control) -> None:
    codes: list[str | None] = []
    ports.listen("test", lambda _s, _r, got: codes.append(got.response_code if got else None))
    card = {
        "card_type": "button_interaction",
        "main_title": {"title": "服务 1 分"},
        "task_id": "t1",
        "button_list": [{"text": "受理", "key": "accept"}],
    }
    assert send(session, WECOM, outbox.Content("card", card)).state is OutboundState.SENT
    changed = card | {
        "main_title": {"title": "已受理"},
        "button_list": [{"text": "受理", "key": "x"}],
    }
    update = outbox.Content("card_update", {"response_code": codes[0], "template_card": changed})
    row = send(session, WECOM, update)
    assert (row.state, row.error) == (OutboundState.SENT, None)
    ports.listen("test", lambda *_: None)


@pytest.mark.parametrize(
    ("to", "code"),
    [(outbox.Recipient("oa", "oNobody"), "40003"), (outbox.Recipient("wecom", "nobody"), "81013")],
)
def test_a_refusal_is_kept_on_the_row(
    session: Session, control: Control, to: outbox.Recipient, code: str
) -> None:
    row = send(session, to, HELLO)
    assert (row.state, row.error) == (OutboundState.FAILED, code)


@pytest.mark.parametrize("to", [OA, WECOM], ids=["oa", "wecom"])
@pytest.mark.parametrize(
    ("kind", "state"),
    [
        ("busy", OutboundState.PENDING),
        ("quota", OutboundState.PENDING),
        ("server_error", OutboundState.UNKNOWN),
    ],
)
def test_what_may_pass_is_tried_again_and_what_may_have_arrived_is_not(
    session: Session, control: Control, to: outbox.Recipient, kind: str, state: OutboundState
) -> None:
    control("/faults", {"kind": kind, "where": "message", "times": 1})
    assert send(session, to, HELLO).state is state


@pytest.mark.parametrize("to", [OA, WECOM], ids=["oa", "wecom"])
def test_a_refused_token_is_replaced_once(
    session: Session, control: Control, to: outbox.Recipient
) -> None:
    send(session, to, outbox.Content("text", {"text": "一"}))
    control("/tokens/expire", {})
    assert send(session, to, outbox.Content("text", {"text": "二"})).state is OutboundState.SENT


def test_tokens_are_shared_and_not_kept_in_clear(session: Session, control: Control) -> None:
    send(session, OA, HELLO)
    with wiring.plug_in(settings()):  # another process
        send(session, OA, outbox.Content("text", {"text": "二"}))
    fetched = control("/counters").json()["api_calls"]
    assert [n for path, n in fetched.items() if "stable_token" in path] == [1]
    kept = queues.redis().get(f"token:oa:{settings().oa_appid}")
    assert isinstance(kept, bytes)
    assert not kept.isascii()


def test_nothing_there_is_tried_again(session: Session, engine: Engine) -> None:
    with wiring.plug_in(settings()):  # nobody listens at the sandbox's address
        row = send(session, OA, HELLO)
    assert (row.state, row.attempts) == (OutboundState.PENDING, 1)
