"""The levers: phones, waiting, counters, the clock, and starting over."""

import asyncio
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from typing import Any

import httpx
import pytest

from channels.sandbox.app import create_app
from tests.channels.sandbox.gateway import Answer, Gateway, a_reply
from tests.channels.sandbox.platform import (
    CUSTOMER,
    OPENID,
    STAFF,
    Platform,
    some_accounts,
)

BOTH = CUSTOMER | {"userid": "LinXiaoyue"}


class TestPhones:
    def test_everything_is_on_them_in_order(self, platform: Platform, gateway: Gateway) -> None:
        gateway.answers = [Answer(a_reply(OPENID, "gh_shop00000001", "您好"))]
        platform.say(CUSTOMER, "在吗")
        platform.custom("还有别的吗")
        seen = [(item["direction"], item["via"], item["text"]) for item in platform.phone(CUSTOMER)]
        assert seen == [
            ("sent", "phone", "在吗"),
            ("received", "passive", "您好"),
            ("received", "custom", "还有别的吗"),
        ]

    def test_what_changed_since_can_be_asked(self, platform: Platform) -> None:
        platform.say(CUSTOMER, "一")
        seen = platform.get(f"/phones/{CUSTOMER['id']}")["seq"]
        platform.say(CUSTOMER, "二")
        assert [item["text"] for item in platform.phone(CUSTOMER, since=seen)] == ["二"]

    def test_waiting_ends_with_the_next_item(self, platform: Platform) -> None:
        with ThreadPoolExecutor(1) as threads:
            waiting = threads.submit(_ask, platform, wait=10)
            platform.say(CUSTOMER, "来了")
            assert [item["text"] for item in waiting.result(5)] == ["来了"]

    def test_waiting_ends_empty_handed(self, platform: Platform) -> None:
        assert platform.phone(CUSTOMER, wait=0.05) == []

    def test_nobodys_phone(self, platform: Platform) -> None:
        assert platform.http.get("/control/phones/nobody").status_code == 404

    def test_one_person_may_use_both_platforms(self, platform: Platform, gateway: Gateway) -> None:
        platform.post("/personas", BOTH)
        platform.say(CUSTOMER, channel="wecom")
        platform.say(CUSTOMER)
        assert [got.path.split("/")[2] for got in gateway.received] == ["wecom", "oa"]

    def test_a_changed_persona_keeps_the_phone(self, platform: Platform) -> None:
        platform.say(CUSTOMER, "在吗")
        platform.post("/personas", CUSTOMER | {"openid": "oNew"})
        assert [item["text"] for item in platform.phone(CUSTOMER)] == ["在吗"]
        assert platform.oa("user/info", openid=OPENID)["errcode"] == 40003
        assert platform.oa("user/info", openid="oNew")["subscribe"] == 1


@pytest.mark.parametrize(
    ("said", "status", "reason"),
    [
        ({"persona": "nobody"}, 404, "no_such_persona"),
        ({"persona": STAFF["id"], "channel": "oa"}, 409, "no_identity_there"),
    ],
)
def test_who_cannot_speak(
    platform: Platform, said: dict[str, Any], status: int, reason: str
) -> None:
    answer = platform.http.post("/control/messages", json=said)
    assert (answer.status_code, answer.json()) == (status, {"error": reason})


def test_what_happened_is_counted(platform: Platform, gateway: Gateway) -> None:
    gateway.answers = [Answer(raw=b"", status=500), Answer(raw=b"")]
    platform.say(STAFF)
    platform.custom()
    assert platform.counter("callbacks", "wecom") == 1
    assert platform.counter("attempts", "wecom") == 2
    assert platform.counter("api_calls", "/oa/cgi-bin/message/custom/send") == 1
    assert platform.counter("api_errors", "45015") == 1
    assert platform.counter("shown", "phone") == 1


def test_the_clock_goes_on_from_where_it_is_set(platform: Platform) -> None:
    platform.post("/clock", {"now": "2026-03-12T14:00:00+08:00"})
    now = datetime.fromisoformat(platform.get("/clock")["now"])
    assert 0 <= (now - datetime.fromisoformat("2026-03-12T14:00:00+08:00")).total_seconds() < 5


def test_a_time_without_a_zone_is_refused(platform: Platform) -> None:
    body = {"now": "2026-03-12T14:00:00"}
    assert platform.http.post("/control/clock", json=body).status_code == 422


def test_reset_forgets_all_but_tokens(platform: Platform) -> None:
    token = platform.oa_token()
    platform.say(CUSTOMER)
    platform.post("/faults", {"kind": "busy"})
    platform.post("/clock", {"offset_seconds": 5000})
    platform.post("/reset")
    assert platform.get("/phones") == []
    assert platform.get("/counters") == {}
    assert platform.get("/faults") == []
    assert platform.get("/clock")["offset_seconds"] == 0
    assert platform.oa("user/info", token=token, openid=OPENID)["errcode"] == 40003


def test_windows_do_not_survive_a_reset(platform: Platform) -> None:
    platform.say(CUSTOMER)
    platform.post("/reset")
    platform.post("/personas", CUSTOMER)
    assert platform.custom()["errcode"] == 45015


def test_control_answers_on_this_machine_only() -> None:
    app = create_app(some_accounts(), "http://127.0.0.1:9")

    async def ask(host: str) -> int:
        transport = httpx.ASGITransport(app, client=(host, 1))
        async with httpx.AsyncClient(transport=transport, base_url="http://x") as http:
            return (await http.get("/control/phones")).status_code

    assert asyncio.run(ask("127.0.0.1")) == 200
    assert asyncio.run(ask("192.0.2.7")) == 403


def test_it_shares_no_code_with_what_it_tests() -> None:
    look = (
        "import sys, channels.sandbox.app\n"
        "ours = [name for name in sys.modules if name.split('.')[0] in "
        "{'crm_core', 'actions', 'console', 'app'}]\n"
        "ours += [name for name in sys.modules if name.startswith('channels.') "
        "and not name.startswith('channels.sandbox')]\n"
        "print(ours)"
    )
    ran = subprocess.run([sys.executable, "-c", look], check=True, capture_output=True, text=True)
    assert ran.stdout == "[]\n"


def test_many_at_once_all_arrive(platform: Platform, gateway: Gateway) -> None:
    gateway.always = lambda got: Answer(a_reply(OPENID, "gh_shop00000001", got.message["Content"]))
    with ThreadPoolExecutor(8) as threads:
        said = list(threads.map(lambda n: platform.say(CUSTOMER, f"第{n}句"), range(80)))
    assert [answer["shown"][0]["text"] for answer in said] == [f"第{n}句" for n in range(80)]
    items = platform.phone(CUSTOMER)
    assert [item["index"] for item in items] == list(range(160))
    assert len({got.message["MsgId"] for got in gateway.received}) == 80


def _ask(platform: Platform, **query: Any) -> list[dict[str, Any]]:
    with httpx.Client(base_url=platform.url, timeout=20, trust_env=False) as http:
        return Platform(platform.url, platform.accounts, http).phone(CUSTOMER, **query)
