import hashlib
import time
from concurrent.futures import ThreadPoolExecutor
from http import HTTPStatus

import httpx
import pytest
from sqlalchemy import Engine
from sqlmodel import Session, func, select

from channels import metrics
from channels.rendering import MOST_TEXT_BYTES
from channels.turns import APOLOGY
from crm_core.clock import now
from crm_core.customers.models import Customer, Identity
from crm_core.db import reading
from crm_core.inbound import service as inbound
from crm_core.inbound.models import Inbound, InboundState
from crm_core.outbox.models import Outbound
from crm_core.settings import settings
from crm_core.timeline.models import EventKind, TimelineEvent
from tests.actions.talk import a_message
from tests.channels.oa.conftest import LIN
from tests.channels.stage import Json, Stage, stage
from tests.factories import a_customer


def refused(reason: str) -> float:
    return float(metrics.REFUSED.labels("oa", reason)._value.get())  # noqa: SLF001


def signed(token: str | None = None, at: float | None = None) -> dict[str, str]:
    token = token or settings().oa_token.get_secret_value()
    timestamp, nonce = str(int(at or time.time())), "n1"
    made = hashlib.sha1("".join(sorted([token, timestamp, nonce])).encode()).hexdigest()  # noqa: S324
    return {"signature": made, "timestamp": timestamp, "nonce": nonce}


class TestAnswers:
    def test_a_text_is_answered_passively(self, on_stage: Stage) -> None:
        assert on_stage.shown(LIN, "我有多少积分") == ["收到：我有多少积分"]
        assert on_stage.rasa.turns[0]["role"] == "customer"

    def test_the_state_goes_on_from_turn_to_turn(self, on_stage: Stage) -> None:
        on_stage.say(LIN, "你好")
        on_stage.say(LIN, "再见")
        assert [turn["state"] for turn in on_stage.rasa.turns] == [None, {"events": ["你好"]}]

    def test_recognised_speech_is_text(self, on_stage: Stage) -> None:
        assert on_stage.shown(LIN, kind="voice", recognition="查积分") == ["收到：查积分"]

    @pytest.mark.parametrize("kind", ["image", "location", "link", "voice"])
    def test_what_cannot_be_read_is_accepted_politely(self, on_stage: Stage, kind: str) -> None:
        assert on_stage.shown(LIN, kind=kind) == ["收到：media_received"]

    def test_a_menu_click_asks_as_if_it_was_said(self, on_stage: Stage) -> None:
        assert on_stage.shown(LIN, kind="click", key="intent:query_points") == [
            "收到：query_points"
        ]

    def test_a_menu_key_of_nobodys_asks_for_help(self, on_stage: Stage) -> None:
        assert on_stage.shown(LIN, kind="click", key="intent:handle_alert") == ["收到：help"]

    def test_buttons_become_a_numbered_menu(self, on_stage: Stage) -> None:
        on_stage.rasa.answer = lambda _: {
            "replies": [{"text": "选一个", "buttons": [{"title": "甲"}, {"title": "乙"}]}],
            "state": None, "failed_actions": [],
        }  # fmt: skip
        assert on_stage.shown(LIN, "菜单") == ["选一个\n1. 甲\n2. 乙"]

    def test_a_long_answer_is_cut_between_characters(self, on_stage: Stage) -> None:
        on_stage.rasa.answer = lambda _: {
            "replies": [{"text": "长" * 3000}], "state": None, "failed_actions": [],
        }  # fmt: skip
        shown = on_stage.shown(LIN, "讲个长的")[0]
        assert len(shown.encode()) <= MOST_TEXT_BYTES
        assert shown.rstrip("…") == "长" * (len(shown) - 1)

    def test_an_answer_cannot_end_its_cdata(self, on_stage: Stage) -> None:
        assert on_stage.shown(LIN, "a]]>b<x/>") == ["收到：a]] >b<x/>"]

    @pytest.mark.parametrize(
        "answer",
        [
            {"replies": [], "state": None, "failed_actions": []},
            {"replies": [{"text": "半句"}], "state": None, "failed_actions": ["action_x"]},
        ],
    )
    def test_silence_and_failed_actions_are_apologised_for(
        self, on_stage: Stage, answer: Json
    ) -> None:
        on_stage.rasa.answer = lambda _: answer
        assert on_stage.shown(LIN, "你好") == [APOLOGY]

    def test_a_failed_turn_leaves_the_dialogue_where_it_was(self, on_stage: Stage) -> None:
        on_stage.say(LIN, "一")
        on_stage.rasa.answer = lambda _: {"replies": [], "state": {}, "failed_actions": []}
        on_stage.say(LIN, "二")
        on_stage.say(LIN, "三")
        assert on_stage.rasa.turns[2]["state"] == {"events": ["一"]}


class TestOnce:
    def test_a_repeat_gets_the_same_answer_and_changes_nothing(
        self, on_stage: Stage, session: Session
    ) -> None:
        answers = [on_stage.say(LIN, "你好", message_id="m1") for _ in range(3)]
        assert [answer["shown"][0]["text"] for answer in answers] == ["收到：你好"] * 3
        assert len(on_stage.rasa.turns) == 1
        assert session.exec(select(func.count()).select_from(Inbound)).one() == 1

    def test_the_same_message_many_times_at_once_is_one_turn(self, on_stage: Stage) -> None:
        on_stage.rasa.free.clear()
        with ThreadPoolExecutor(4) as threads:
            asked = [threads.submit(on_stage.say, LIN, "你好", message_id="m1") for _ in range(4)]
            assert on_stage.rasa.begun.wait(5)
            on_stage.rasa.free.set()
            shown = [one.result()["shown"] for one in asked]
        assert {item["text"] for items in shown for item in items} == {"收到：你好"}
        assert len(on_stage.rasa.turns) == 1

    def test_messages_of_one_conversation_are_answered_in_order(self, on_stage: Stage) -> None:
        on_stage.rasa.free.clear()
        with ThreadPoolExecutor(2) as threads:
            first = threads.submit(on_stage.say, LIN, "一")
            assert on_stage.rasa.begun.wait(5)
            second = threads.submit(on_stage.say, LIN, "二")
            _until_kept(2)
            assert len(on_stage.rasa.turns) == 1
            on_stage.rasa.free.set()
            first.result()
            second.result()
        assert [turn["state"] for turn in on_stage.rasa.turns] == [None, {"events": ["一"]}]


def _until_kept(number: int) -> None:
    while True:
        with reading() as session:
            if session.exec(select(func.count()).select_from(Inbound)).one() == number:
                return


class TestLate:
    def test_a_slow_answer_is_sent_afterwards(self, on_stage: Stage, session: Session) -> None:
        on_stage.rasa.free.clear()
        answer = on_stage.say(LIN, "慢")
        assert (answer["shown"], answer["attempts"]) == ([], 1)
        on_stage.rasa.free.set()
        row = _sent_later(session)
        assert (row.channel, row.address, row.purpose) == ("oa", "oLin", "reply")
        assert row.payload["replies"] == [{"text": "收到：慢"}]


def _sent_later(session: Session) -> Outbound:
    while (row := session.exec(select(Outbound)).first()) is None:
        session.rollback()
    return row


class TestFollowing:
    def test_following_scanning_and_leaving_are_kept(
        self, on_stage: Stage, session: Session
    ) -> None:
        on_stage.say(LIN, kind="subscribe", scene="store-1")
        on_stage.say(LIN, kind="scan", scene="store-2")
        on_stage.say(LIN, kind="unsubscribe")
        events = session.exec(select(TimelineEvent).order_by(TimelineEvent.id)).all()  # type: ignore[arg-type]
        told = [(event.kind, event.data) for event in events if event.kind != EventKind.MESSAGE]
        assert told == [
            (EventKind.SUBSCRIBED, {"scene": "store-1"}),
            (EventKind.SCAN, {"scene": "store-2"}),
            (EventKind.UNSUBSCRIBED, {"scene": None}),
        ]
        assert session.exec(select(Identity)).one().following is False

    def test_first_contact_makes_one_customer(self, on_stage: Stage, session: Session) -> None:
        on_stage.say(LIN, "你好")
        on_stage.say(LIN, "在吗")
        assert session.exec(select(func.count()).select_from(Customer)).one() == 1


@pytest.mark.parametrize("mode", ["plain", "both"])
def test_the_other_modes_answer_too(
    monkeypatch: pytest.MonkeyPatch, engine: Engine, mode: str
) -> None:
    with stage(monkeypatch, OA_MODE=mode) as made:
        made.register(id=LIN, name="林晓月", openid="oLin")
        assert made.shown(LIN, "你好") == ["收到：你好"]


class TestBadInput:
    def test_a_url_check_is_answered(self, on_stage: Stage) -> None:
        assert on_stage.http.post("/control/url-check/oa").json() == {"ok": True}

    @pytest.mark.parametrize(
        ("query", "reason"),
        [
            ({"signature": "0" * 40}, "signature"),
            ({"timestamp": "soon"}, "no_timestamp"),
        ],
    )
    def test_a_wrong_url_check_is_refused(
        self, on_stage: Stage, query: dict[str, str], reason: str
    ) -> None:
        before = refused(reason)
        answer = httpx.get(f"{on_stage.url}/channels/oa/callback", params=signed() | query)
        assert answer.status_code in {HTTPStatus.FORBIDDEN, HTTPStatus.BAD_REQUEST}
        assert (answer.content, refused(reason)) == (b"", before + 1)

    def test_a_stale_callback_is_refused(self, on_stage: Stage) -> None:
        long_ago = signed(at=now().timestamp() - 3700)
        answer = httpx.get(f"{on_stage.url}/channels/oa/callback", params=long_ago)
        assert answer.status_code == HTTPStatus.FORBIDDEN

    @pytest.mark.parametrize(
        ("body", "reason"),
        [
            (b"", "malformed_xml"),
            (b"not xml", "malformed_xml"),
            (b"<xml><a></xml>", "malformed_xml"),
            (b"<xml></xml>", "malformed_xml"),
            (b"<xml><a>1</a></xml>", "not_encrypted"),
            (b"\xff\xfe<xml/>", "not_utf8"),
            (b'<!DOCTYPE x [<!ENTITY e "boom">]><xml><Encrypt>&e;</Encrypt></xml>', "hostile_xml"),
            (b"<xml><Encrypt>abc</Encrypt></xml>", "signature"),
            (b"<xml>" + b"x" * 1_000_000 + b"</xml>", "too_long"),
        ],
    )
    def test_a_bad_body_is_refused_counted_and_changes_nothing(
        self, on_stage: Stage, session: Session, body: bytes, reason: str
    ) -> None:
        before = refused(reason)
        params = signed() | {"encrypt_type": "aes", "msg_signature": "0" * 40}
        answer = httpx.post(f"{on_stage.url}/channels/oa/callback", params=params, content=body)
        assert HTTPStatus.BAD_REQUEST <= answer.status_code < HTTPStatus.INTERNAL_SERVER_ERROR
        assert refused(reason) == before + 1
        assert session.exec(select(func.count()).select_from(Inbound)).one() == 0

    @pytest.mark.parametrize("missing", ["MsgType", "FromUserName", "CreateTime", "MsgId"])
    def test_missing_fields_are_refused(
        self, monkeypatch: pytest.MonkeyPatch, engine: Engine, missing: str
    ) -> None:
        fields = {
            "ToUserName": "gh_1", "FromUserName": "oLin", "CreateTime": "1760000000",
            "MsgType": "text", "Content": "你好", "MsgId": "1",
        }  # fmt: skip
        body = "".join(f"<{k}>{v}</{k}>" for k, v in fields.items() if k != missing)
        with stage(monkeypatch, OA_MODE="plain") as made:
            answer = httpx.post(
                f"{made.url}/channels/oa/callback", params=signed(), content=f"<xml>{body}</xml>"
            )
        expected = HTTPStatus.OK if missing == "MsgId" else HTTPStatus.BAD_REQUEST
        assert answer.status_code == expected

    def test_a_clear_message_is_refused_in_safe_mode(self, on_stage: Stage) -> None:
        body = b"<xml><FromUserName>o1</FromUserName><MsgType>text</MsgType></xml>"
        answer = httpx.post(f"{on_stage.url}/channels/oa/callback", params=signed(), content=body)
        assert answer.status_code == HTTPStatus.BAD_REQUEST

    def test_an_encrypted_one_is_refused_in_plain_mode(
        self, monkeypatch: pytest.MonkeyPatch, engine: Engine
    ) -> None:
        with stage(monkeypatch, OA_MODE="plain") as made:
            params = signed() | {"encrypt_type": "aes", "msg_signature": "0" * 40}
            answer = httpx.post(
                f"{made.url}/channels/oa/callback", params=params, content=b"<xml/>"
            )
        assert answer.status_code == HTTPStatus.FORBIDDEN


def test_a_cut_off_turn_is_taken_up_again(
    monkeypatch: pytest.MonkeyPatch, engine: Engine, session: Session
) -> None:
    """A gateway that was killed in the middle leaves a running turn behind."""
    inbound_id = a_message(session, a_customer(session), "还在吗")
    row = session.get_one(Inbound, inbound_id)
    row.state, row.attempts = InboundState.RUNNING, 1
    row.received_at = row.claimed_at = now() - 2 * inbound.LEASE
    session.commit()
    with stage(monkeypatch):
        later = _sent_later(session)
    assert later.payload["replies"] == [{"text": "收到：还在吗"}]
