"""Five seconds, three tries, one answer; what the person sees when the gateway fails."""

from typing import Any

import httpx
import pytest

from channels.sandbox.app import create_app
from tests.channels.sandbox.conftest import LIMITS
from tests.channels.sandbox.gateway import Answer, Gateway, a_reply
from tests.channels.sandbox.platform import CUSTOMER, OPENID, STAFF, USERID, Platform, some_accounts
from tests.serving import served

NOTICE = "该公众号暂时无法提供服务，请稍后再试"
LATE = Answer(raw=b"success", delay_seconds=LIMITS.callback_timeout_seconds * 3)
GREETING = Answer(a_reply(OPENID, "gh_shop00000001", "您好"))


def message_ids(gateway: Gateway) -> list[str]:
    return [got.message["MsgId"] for got in gateway.received]


def test_a_late_answer_is_asked_for_three_times_with_one_message_id(
    platform: Platform, gateway: Gateway
) -> None:
    gateway.answers = [LATE] * 3
    answer = platform.say(CUSTOMER)
    assert (answer["status"], answer["attempts"]) == ("unavailable", 3)
    assert len(message_ids(gateway)) == 3
    assert len(set(message_ids(gateway))) == 1
    assert [item["text"] for item in answer["shown"]] == [NOTICE]


def test_the_answer_to_a_retry_is_shown(platform: Platform, gateway: Gateway) -> None:
    gateway.answers = [LATE, GREETING]
    answer = platform.say(CUSTOMER)
    assert (answer["status"], answer["attempts"]) == ("replied", 2)
    assert [item["text"] for item in platform.received(CUSTOMER)] == ["您好"]


def test_every_try_is_stamped_anew(platform: Platform, gateway: Gateway) -> None:
    gateway.answers = [LATE] * 2
    platform.say(CUSTOMER)
    assert len({got.query["nonce"] for got in gateway.received}) == 3


def test_nobody_listening_counts_as_no_answer() -> None:
    accounts = some_accounts()
    with (
        served(create_app(accounts, "http://127.0.0.1:9", LIMITS)) as url,
        httpx.Client(base_url=url, trust_env=False) as http,
    ):
        platform = Platform(url, accounts, http)
        platform.post("/personas", [CUSTOMER])
        answer = platform.say(CUSTOMER)
    assert (answer["status"], answer["attempts"]) == ("unavailable", 3)


@pytest.mark.parametrize("raw", [b"success", b""])
def test_success_and_nothing_show_nothing(platform: Platform, gateway: Gateway, raw: bytes) -> None:
    gateway.answers = [Answer(raw=raw)]
    assert platform.say(CUSTOMER) == {
        "shown": [], "attempts": 1, "status": "silent", "repeat": False,
    }  # fmt: skip


@pytest.mark.parametrize(
    "bad",
    [
        Answer(raw=b'{"text": "no JSON"}'),
        Answer(raw=b"<xml><ToUserName>unclosed"),
        Answer(raw=a_reply(OPENID, "gh_shop00000001", "not encrypted").encode()),
        Answer(raw=b"<xml><Encrypt>bm8=</Encrypt><MsgSignature>x</MsgSignature></xml>"),
        Answer(raw=b"success", status=500),
        Answer(a_reply(OPENID, "gh_shop00000001", "")),
        Answer(a_reply("oSomebodyElse", "gh_shop00000001", "您好")),
        Answer(a_reply(OPENID, "gh_other", "您好")),
        Answer(a_reply(OPENID, "gh_shop00000001", "?", "hologram")),
        Answer(a_reply(OPENID, "gh_shop00000001", "长" * 683)),
    ],
)
def test_an_invalid_answer_shows_the_notice_at_once(
    platform: Platform, gateway: Gateway, bad: Answer
) -> None:
    gateway.answers = [bad]
    answer = platform.say(CUSTOMER)
    assert (answer["status"], answer["attempts"]) == ("unavailable", 1)
    assert [(item["kind"], item["text"]) for item in platform.received(CUSTOMER)] == [
        ("notice", NOTICE)
    ]


def test_2048_bytes_are_still_shown(platform: Platform, gateway: Gateway) -> None:
    gateway.answers = [Answer(a_reply(OPENID, "gh_shop00000001", "长" * 682))]
    assert platform.say(CUSTOMER)["status"] == "replied"


def test_wecom_repeats_on_an_error_status_and_shows_nothing(
    platform: Platform, gateway: Gateway
) -> None:
    gateway.answers = [Answer(raw=b"", status=503)] * 3
    answer = platform.say(STAFF)
    assert (answer["status"], answer["attempts"], answer["shown"]) == ("unavailable", 3, [])
    assert len(set(message_ids(gateway))) == 1


def test_wecom_cuts_a_long_text(platform: Platform, gateway: Gateway) -> None:
    gateway.answers = [Answer(a_reply(USERID, platform.accounts.wecom_corpid, "长" * 700))]
    assert [item["text"] for item in platform.say(STAFF)["shown"]] == ["长" * 682]


class TestRepeats:
    def test_the_same_message_id_sends_the_very_same_message(
        self, platform: Platform, gateway: Gateway
    ) -> None:
        gateway.always = lambda _: GREETING
        answers = [platform.say(CUSTOMER, "积分", message_id="m-1") for _ in range(3)]
        assert len({got.xml for got in gateway.received}) == 1
        assert [answer["repeat"] for answer in answers] == [False, True, True]
        assert [answer["shown"][0]["text"] for answer in answers] == ["您好"] * 3

    def test_an_answer_already_shown_is_not_shown_again(
        self, platform: Platform, gateway: Gateway
    ) -> None:
        gateway.always = lambda _: GREETING
        for _ in range(3):
            platform.say(CUSTOMER, message_id="m-1")
        assert [item["text"] for item in platform.phone(CUSTOMER)] == ["你好", "您好"]

    def test_an_answer_missed_at_first_is_shown(self, platform: Platform, gateway: Gateway) -> None:
        gateway.answers = [Answer(raw=b"success"), GREETING]
        platform.say(CUSTOMER, message_id="m-1")
        platform.say(CUSTOMER, message_id="m-1")
        assert [item["text"] for item in platform.received(CUSTOMER)] == ["您好"]

    def test_an_event_is_repeated_with_its_time(self, platform: Platform, gateway: Gateway) -> None:
        for _ in range(2):
            platform.say(CUSTOMER, kind="click", key="MY_POINTS", message_id="e-1")
            platform.later(30)
        assert len({got.xml for got in gateway.received}) == 1

    def test_numbers_are_message_ids_as_they_are(
        self, platform: Platform, gateway: Gateway
    ) -> None:
        platform.say(CUSTOMER, message_id="23456789012345678")
        platform.say(CUSTOMER, message_id="word")
        assert message_ids(gateway)[0] == "23456789012345678"
        assert 0 <= int(message_ids(gateway)[1]) < 2**63

    def test_other_words_under_a_used_id_are_refused(self, platform: Platform) -> None:
        platform.say(CUSTOMER, "积分", message_id="m-1")
        body: dict[str, Any] = {"persona": CUSTOMER["id"], "text": "?", "message_id": "m-1"}
        answer = platform.http.post("/control/messages", json=body)
        assert (answer.status_code, answer.json()["error"]) == (409, "message_id_reused")


class TestFaults:
    def test_a_dropped_answer_is_asked_for_again(
        self, platform: Platform, gateway: Gateway
    ) -> None:
        gateway.always = lambda _: GREETING
        platform.post("/faults", {"kind": "drop_answer", "times": 2})
        answer = platform.say(CUSTOMER)
        assert (answer["status"], answer["attempts"]) == ("replied", 3)
        assert len(set(message_ids(gateway))) == 1
        assert len(platform.received(CUSTOMER)) == 1

    def test_three_dropped_answers_leave_the_notice(
        self, platform: Platform, gateway: Gateway
    ) -> None:
        gateway.always = lambda _: GREETING
        platform.post("/faults", {"kind": "drop_answer", "times": 3})
        assert [item["text"] for item in platform.say(CUSTOMER)["shown"]] == [NOTICE]

    def test_a_duplicate_delivery_shows_one_answer(
        self, platform: Platform, gateway: Gateway
    ) -> None:
        gateway.always = lambda _: GREETING
        platform.post("/faults", {"kind": "duplicate_delivery"})
        assert platform.say(CUSTOMER)["attempts"] == 2
        assert len(gateway.received) == 2
        assert len(set(message_ids(gateway))) == 1
        assert len(platform.received(CUSTOMER)) == 1

    def test_a_fault_keeps_to_its_path(self, platform: Platform, gateway: Gateway) -> None:
        platform.post("/faults", {"kind": "duplicate_delivery", "where": "/channels/oa"})
        platform.say(STAFF)
        platform.say(CUSTOMER)
        assert [got.path for got in gateway.received].count("/channels/wecom/callback") == 1
        assert [got.path for got in gateway.received].count("/channels/oa/callback") == 2
