"""App messages of WeCom: forms, receivers and rates."""

from typing import Any

import pytest

from tests.channels.sandbox.platform import STAFF, USERID, Platform

MANAGER = {"id": "manager:周敏", "name": "周敏", "role": "manager", "userid": "ZhouMin"}
HIDDEN = {"id": "assistant:隐", "name": "隐", "userid": "Hidden", "in_scope": False}


def send(platform: Platform, kind: str, part: Any, **more: Any) -> Any:
    body = {"touser": USERID, "msgtype": kind, kind: part}
    return platform.wecom("message/send", body | more)


@pytest.mark.parametrize(
    ("kind", "part", "text"),
    [
        ("text", {"content": "您好"}, "您好"),
        ("markdown", {"content": "**低分**\n> 1 分"}, "**低分**\n> 1 分"),
        ("image", {"media_id": "m"}, ""),
        ("textcard", {"title": "t", "description": "d", "url": "http://a.example"}, "t\nd"),
        ("news", {"articles": [{"title": "新品", "url": "http://a.example"}]}, "新品"),
    ],
)
def test_kinds_are_shown(platform: Platform, kind: str, part: Any, text: str) -> None:
    assert send(platform, kind, part)["errcode"] == 0
    item = platform.received(STAFF)[0]
    assert (item["text"], item["via"], item["channel"]) == (text, "app", "wecom")


def test_a_long_text_is_cut_on_a_character(platform: Platform) -> None:
    platform.app_text("长" * 700)
    assert platform.received(STAFF)[0]["text"] == "长" * 682


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"msgtype": "hologram"}, 40008),
        ({"text": {"content": ""}}, 44004),
        ({"text": "no object"}, 40058),
        ({"agentid": 7}, 40056),
        ({"touser": "nobody"}, 81013),
        ({"touser": ""}, 81013),
        ({"touser": "Hidden"}, 81013),
        ({"touser": "|".join(f"u{n}" for n in range(1001))}, 40032),
    ],
)
def test_refusals(platform: Platform, changes: dict[str, Any], code: int) -> None:
    platform.post("/personas", HIDDEN)
    assert send(platform, "text", {"content": "您好"}, **changes)["errcode"] == code
    assert platform.received(STAFF) == []


def test_the_agent_must_be_named(platform: Platform) -> None:
    query = {"access_token": platform.wecom_token()}
    body = {"touser": USERID, "msgtype": "text", "text": {"content": "x"}}
    answer = platform.http.post("/wecom/cgi-bin/message/send", params=query, json=body)
    assert answer.json()["errcode"] == 41011


def test_some_bad_receivers_are_named_and_the_rest_reached(platform: Platform) -> None:
    answer = platform.app_text(to=f"nobody|{USERID}")
    assert (answer["errcode"], answer["invaliduser"]) == (0, "nobody")
    assert len(platform.received(STAFF)) == 1


def test_everybody(platform: Platform) -> None:
    platform.post("/personas", MANAGER)
    platform.app_text(to="@all")
    assert len(platform.received(STAFF)) == len(platform.received(MANAGER)) == 1


def test_user_ids_have_no_case(platform: Platform) -> None:
    platform.app_text(to=USERID.upper())
    assert len(platform.received(STAFF)) == 1


def test_more_than_thirty_a_minute_are_dropped_without_a_word(platform: Platform) -> None:
    platform.post("/personas", MANAGER)
    assert {platform.app_text(f"{n}")["errcode"] for n in range(32)} == {0}
    assert len(platform.received(STAFF)) == 30
    assert platform.counter("dropped", "app_rate") == 2

    platform.app_text(to="ZhouMin")
    assert len(platform.received(MANAGER)) == 1
    platform.later(61)
    platform.app_text("later")
    assert platform.received(STAFF)[-1]["text"] == "later"


def test_a_repeat_is_kept_back_where_asked(platform: Platform) -> None:
    for _ in range(2):
        assert platform.app_text("同样", enable_duplicate_check=1)["errcode"] == 0
    platform.app_text("别的", enable_duplicate_check=1)
    assert [item["text"] for item in platform.received(STAFF)] == ["同样", "别的"]

    platform.later(1801)
    platform.app_text("同样", enable_duplicate_check=1)
    assert len(platform.received(STAFF)) == 3


def test_members(platform: Platform) -> None:
    platform.post("/personas", HIDDEN)
    assert platform.wecom("user/get", userid=USERID)["name"] == "李娜"
    assert platform.wecom("user/get", userid="nobody")["errcode"] == 60111
    assert platform.wecom("user/get", userid="Hidden")["errcode"] == 60011
