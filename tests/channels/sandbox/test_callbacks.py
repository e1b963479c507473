"""What the platforms push, held to the documented form, through wechatpy on the receiving side."""

from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from wechatpy import parse_message

from channels.sandbox.app import create_app
from channels.sandbox.config import Mode
from tests.channels.sandbox.conftest import LIMITS
from tests.channels.sandbox.gateway import Answer, Gateway, a_reply
from tests.channels.sandbox.platform import (
    CUSTOMER,
    OPENID,
    OTHER,
    STAFF,
    USERID,
    Platform,
    some_accounts,
)
from tests.channels.sandbox.recorded import document, skeleton
from tests.serving import served

OA_KINDS: dict[str, dict[str, Any]] = {
    "oa_text": {"text": "我有多少积分"},
    "oa_menu_text": {"text": "积分明细", "menu_id": "101"},
    "oa_voice": {"kind": "voice"},
    "oa_voice_recognised": {"kind": "voice", "recognition": "我有多少积分。"},
    "oa_image": {"kind": "image"},
    "oa_location": {"kind": "location", "label": "人民广场"},
    "oa_link": {
        "kind": "link",
        "title": "春季新品",
        "description": "风衣",
        "url": "https://a.example",
    },
    "oa_subscribe": {"kind": "subscribe"},
    "oa_subscribe_scene": {"kind": "subscribe", "scene": "store-1"},
    "oa_scan": {"kind": "scan", "scene": "store-1"},
    "oa_unsubscribe": {"kind": "unsubscribe"},
    "oa_click": {"kind": "click", "key": "MY_POINTS"},
}
WECOM_KINDS: dict[str, dict[str, Any]] = {
    "wecom_text": {"text": "王女士上次买的大衣什么码"},
    "wecom_enter_agent": {"kind": "enter_agent"},
}


@pytest.fixture(params=["plain", "safe", "both"])
def in_mode(
    request: pytest.FixtureRequest, platform: Platform, running_gateway: tuple[Gateway, str]
) -> Iterator[tuple[Platform, Gateway]]:
    mode: Mode = request.param
    accounts = some_accounts(oa_mode=mode)
    gateway, gateway_url = running_gateway
    gateway.reset(accounts)
    with (
        served(create_app(accounts, gateway_url, LIMITS)) as url,
        httpx.Client(base_url=url, trust_env=False) as http,
    ):
        other = Platform(url, accounts, http)
        other.post("/personas", [CUSTOMER])
        yield other, gateway


@pytest.mark.parametrize("name", OA_KINDS)
def test_a_message_has_the_documented_fields(
    platform: Platform, gateway: Gateway, name: str
) -> None:
    platform.say(CUSTOMER, **OA_KINDS[name])
    assert skeleton(gateway.received[0].xml) == skeleton(document(name))


@pytest.mark.parametrize("name", WECOM_KINDS)
def test_a_wecom_message_has_the_documented_fields(
    platform: Platform, gateway: Gateway, name: str
) -> None:
    platform.say(STAFF, **WECOM_KINDS[name])
    assert skeleton(gateway.received[0].xml) == skeleton(document(name))
    assert gateway.received[0].message["FromUserName"] == USERID


def test_every_mode_delivers_and_shows_the_answer(in_mode: tuple[Platform, Gateway]) -> None:
    platform, gateway = in_mode
    gateway.answers = [Answer(a_reply(OPENID, "gh_shop00000001", "您有 320 积分"))]

    answer = platform.say(CUSTOMER, "我有多少积分")

    assert gateway.received[0].message["Content"] == "我有多少积分"
    assert (answer["status"], answer["attempts"]) == ("replied", 1)
    assert [item["text"] for item in answer["shown"]] == ["您有 320 积分"]
    assert answer["shown"] == platform.received(CUSTOMER)


def test_the_query_says_which_mode_it_is(in_mode: tuple[Platform, Gateway]) -> None:
    platform, gateway = in_mode
    platform.say(CUSTOMER)
    query, body = gateway.received[0].query, gateway.received[0].body
    assert query["openid"] == OPENID
    assert ("encrypt_type" in query) is (platform.accounts.oa_mode != "plain")
    assert ("<Encrypt>" in body) is (platform.accounts.oa_mode != "plain")
    assert ("<Content>" in body) is (platform.accounts.oa_mode != "safe")


def test_every_mode_passes_the_url_check(in_mode: tuple[Platform, Gateway]) -> None:
    assert in_mode[0].post("/url-check/oa") == {"ok": True}


def test_wecom_passes_the_url_check(platform: Platform) -> None:
    assert platform.post("/url-check/wecom") == {"ok": True}


def test_a_gateway_with_another_token_fails_the_url_check(
    platform: Platform, gateway: Gateway
) -> None:
    gateway.accounts = some_accounts(oa_token="another", wecom_token="another")
    assert platform.post("/url-check/oa") == {"ok": False}
    assert platform.post("/url-check/wecom") == {"ok": False}


def test_hostile_words_stay_in_the_content(platform: Platform, gateway: Gateway) -> None:
    words = "]]></Content><MsgType>event</MsgType> & <b> \U0001f600"
    platform.say(CUSTOMER, words)
    assert parse_message(gateway.received[0].xml).content == words


def test_a_scan_by_a_stranger_is_a_follow_with_the_scene(
    platform: Platform, gateway: Gateway
) -> None:
    platform.post("/personas", OTHER | {"following": False})
    platform.say(OTHER, kind="scan", scene="store-1")
    platform.say(OTHER, kind="scan", scene="store-2")
    events = [(got.message["Event"], got.message["EventKey"]) for got in gateway.received]
    assert events == [("subscribe", "qrscene_store-1"), ("SCAN", "store-2")]


def test_who_does_not_follow_cannot_write(platform: Platform, gateway: Gateway) -> None:
    platform.say(CUSTOMER, kind="unsubscribe")
    answer = platform.http.post("/control/messages", json={"persona": CUSTOMER["id"], "text": "喂"})
    assert (answer.status_code, answer.json()) == (409, {"error": "not_following"})
    assert len(gateway.received) == 1


def test_who_leaves_is_shown_no_answer(platform: Platform, gateway: Gateway) -> None:
    gateway.answers = [Answer(a_reply(OPENID, "gh_shop00000001", "再见"))]
    assert platform.say(CUSTOMER, kind="unsubscribe")["shown"] == []
    assert platform.received(CUSTOMER) == []


@pytest.mark.parametrize(("persona", "kind"), [(STAFF, "click"), (CUSTOMER, "enter_agent")])
def test_a_kind_of_the_other_platform_is_refused(
    platform: Platform, persona: dict[str, Any], kind: str
) -> None:
    body = {"persona": persona["id"], "kind": kind}
    assert platform.http.post("/control/messages", json=body).status_code == 422


def test_timestamps_follow_the_moved_clock(platform: Platform, gateway: Gateway) -> None:
    platform.post("/clock", {"now": "2026-03-12T14:00:00+08:00"})
    platform.say(CUSTOMER)
    sent = int(gateway.received[0].query["timestamp"])
    assert sent == int(gateway.received[0].message["CreateTime"])
    assert 0 <= sent - 1773295200 < 5
