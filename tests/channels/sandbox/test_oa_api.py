"""Followers, menus and QR codes."""

from typing import Any

import pytest

from tests.channels.sandbox.gateway import Gateway
from tests.channels.sandbox.platform import CUSTOMER, OPENID, Platform


def test_who_has_left_is_told_apart(platform: Platform) -> None:
    platform.say(CUSTOMER, kind="unsubscribe")
    assert platform.oa("user/info", openid=OPENID) == {"subscribe": 0, "openid": OPENID}
    assert platform.oa("user/info", openid="oNobody")["errcode"] == 40003


def test_following_again_has_a_new_time(platform: Platform) -> None:
    platform.say(CUSTOMER, kind="unsubscribe")
    platform.post("/clock", {"now": "2026-03-12T14:00:00+08:00"})
    platform.say(CUSTOMER, kind="subscribe")
    assert platform.oa("user/info", openid=OPENID)["subscribe_time"] in range(
        1773295200, 1773295205
    )


def test_a_menu_is_kept_until_deleted(platform: Platform) -> None:
    menu = {"button": [{"type": "click", "name": "积分", "key": "P"}]}
    assert platform.oa("menu/get")["errcode"] == 46003
    platform.oa("menu/create", menu)
    assert platform.oa("menu/get") == {"menu": menu}
    platform.oa("menu/delete")
    assert platform.oa("menu/get")["errcode"] == 46003


@pytest.mark.parametrize(
    ("buttons", "code"),
    [
        ([], 40016),
        ([{"name": "a", "key": "a"}] * 4, 40016),
        ([{"name": "a", "sub_button": [{"name": "b", "key": "b"}] * 6}], 40023),
        ([{"key": "a"}], 40018),
    ],
)
def test_a_menu_has_three_times_five_buttons(
    platform: Platform, buttons: list[dict[str, Any]], code: int
) -> None:
    assert platform.oa("menu/create", {"button": buttons})["errcode"] == code


def code_for(platform: Platform, action: str, scene: dict[str, Any], **more: Any) -> Any:
    body = {"action_name": action, "action_info": {"scene": scene}}
    return platform.oa("qrcode/create", body | more)


def test_a_scan_brings_the_codes_ticket(platform: Platform, gateway: Gateway) -> None:
    made = code_for(platform, "QR_LIMIT_STR_SCENE", {"scene_str": "store-1"})
    assert "expire_seconds" not in made
    platform.say(CUSTOMER, kind="scan", scene="store-1")
    assert gateway.received[0].message["Ticket"] == made["ticket"]


def test_an_expired_code_has_another_ticket(platform: Platform, gateway: Gateway) -> None:
    made = code_for(platform, "QR_SCENE", {"scene_id": 7})
    assert made["expire_seconds"] == 60
    platform.later(61)
    platform.say(CUSTOMER, kind="scan", scene="7")
    assert gateway.received[0].message["Ticket"] != made["ticket"]


@pytest.mark.parametrize(
    ("action", "scene", "more"),
    [
        ("QR_STR_SCENE", {"scene_str": "x" * 65}, {}),
        ("QR_STR_SCENE", {"scene_str": ""}, {}),
        ("QR_STR_SCENE", {"scene_str": "s"}, {"expire_seconds": 2_592_001}),
        ("QR_SCENE", {"scene_id": 0}, {}),
        ("OTHER", {"scene_id": 1}, {}),
    ],
)
def test_malformed_codes(
    platform: Platform, action: str, scene: dict[str, Any], more: dict[str, Any]
) -> None:
    assert code_for(platform, action, scene, **more)["errcode"] == 40035
