"""Customer-service and template messages: their forms, windows and error codes."""

from typing import Any

import pytest

from tests.channels.sandbox.gateway import Gateway
from tests.channels.sandbox.platform import CUSTOMER, OPENID, OPENID2, OTHER, Platform
from tests.channels.sandbox.recorded import document, skeleton


def custom(platform: Platform, kind: str, part: Any, **more: Any) -> Any:
    body = {"touser": OPENID, "msgtype": kind, kind: part}
    return platform.oa("message/custom/send", body | more)


def codes(platform: Platform, times: int) -> list[int]:
    return [platform.custom()["errcode"] for _ in range(times)]


class TestWindows:
    def test_a_message_allows_five_within_48_hours(self, platform: Platform) -> None:
        platform.say(CUSTOMER)
        platform.later(48 * 3600 - 60)
        assert codes(platform, 6) == [0, 0, 0, 0, 0, 45047]

    def test_after_48_hours_it_is_too_late(self, platform: Platform) -> None:
        platform.say(CUSTOMER)
        platform.later(48 * 3600 + 1)
        assert codes(platform, 1) == [45015]

    def test_who_never_wrote_gets_nothing(self, platform: Platform) -> None:
        assert codes(platform, 1) == [45015]
        assert platform.received(CUSTOMER) == []

    def test_a_new_message_renews_but_does_not_add_up(self, platform: Platform) -> None:
        platform.say(CUSTOMER)
        codes(platform, 3)
        platform.say(CUSTOMER)
        assert codes(platform, 6) == [0, 0, 0, 0, 0, 45047]

    @pytest.mark.parametrize(
        "action",
        [
            {"kind": "click", "key": "K"},
            {"kind": "scan", "scene": "s"},
            {"kind": "subscribe"},
            {"text": "积分", "menu_id": "1"},
        ],
    )
    def test_an_action_allows_three_within_a_minute(
        self, platform: Platform, action: dict[str, Any]
    ) -> None:
        platform.say(CUSTOMER, **action)
        assert codes(platform, 4) == [0, 0, 0, 45047]

    def test_after_a_minute_an_action_allows_nothing(self, platform: Platform) -> None:
        platform.say(CUSTOMER, kind="click", key="K")
        platform.later(61)
        assert codes(platform, 1) == [45015]

    def test_a_click_before_a_message_adds_nothing(self, platform: Platform) -> None:
        platform.say(CUSTOMER, kind="click", key="K")
        platform.say(CUSTOMER)
        assert codes(platform, 6) == [0, 0, 0, 0, 0, 45047]

    def test_one_followers_sends_leave_anothers_alone(self, platform: Platform) -> None:
        platform.say(CUSTOMER)
        platform.say(OTHER)
        codes(platform, 6)
        assert platform.custom(openid=OPENID2)["errcode"] == 0


class TestReceivers:
    def test_an_unknown_openid(self, platform: Platform) -> None:
        assert platform.custom(openid="oNobody")["errcode"] == 40003

    def test_who_has_left(self, platform: Platform) -> None:
        platform.say(CUSTOMER)
        platform.say(CUSTOMER, kind="unsubscribe")
        assert platform.custom()["errcode"] == 43004


class TestForms:
    def test_a_text_is_shown(self, platform: Platform) -> None:
        platform.say(CUSTOMER)
        assert platform.custom("您有 320 积分") == {"errcode": 0, "errmsg": "ok"}
        item = platform.received(CUSTOMER)[0]
        assert (item["kind"], item["text"], item["via"]) == ("text", "您有 320 积分", "custom")

    def test_a_menu_can_be_tapped(self, platform: Platform, gateway: Gateway) -> None:
        platform.say(CUSTOMER)
        entries = [{"id": "101", "content": "积分明细"}, {"id": "102", "content": "优惠券"}]
        custom(platform, "msgmenu", {"head_content": "想看什么？", "list": entries})
        item = platform.received(CUSTOMER)[0]
        assert (item["kind"], item["text"]) == ("menu", "想看什么？")

        tap = {"persona": CUSTOMER["id"], "index": item["index"], "key": "积分明细"}
        platform.post("/clicks", tap)
        assert skeleton(gateway.received[-1].xml) == skeleton(document("oa_menu_text"))

    @pytest.mark.parametrize(
        ("kind", "part", "shown"),
        [
            ("image", {"media_id": "m"}, "image"),
            ("voice", {"media_id": "m"}, "voice"),
            ("video", {"media_id": "m", "title": "秀场"}, "video"),
            ("news", {"articles": [{"title": "新品", "url": "http://a.example"}]}, "news"),
            ("miniprogrampage", {"title": "商城", "appid": "wx1", "pagepath": "p"}, "card"),
        ],
    )
    def test_other_kinds(self, platform: Platform, kind: str, part: Any, shown: str) -> None:
        platform.say(CUSTOMER)
        assert custom(platform, kind, part)["errcode"] == 0
        assert platform.received(CUSTOMER)[0]["kind"] == shown

    @pytest.mark.parametrize(
        ("kind", "part", "code"),
        [
            ("text", {"content": ""}, 44004),
            ("text", {"content": "长" * 683}, 45002),
            ("text", "no object", 40035),
            ("image", {}, 40007),
            ("news", {"articles": [{"title": "1"}, {"title": "2"}]}, 45008),
            ("msgmenu", {"list": []}, 40035),
            ("hologram", {}, 40008),
        ],
    )
    def test_malformed_ones_use_up_nothing(
        self, platform: Platform, kind: str, part: Any, code: int
    ) -> None:
        platform.say(CUSTOMER)
        assert custom(platform, kind, part)["errcode"] == code
        assert codes(platform, 6) == [0, 0, 0, 0, 0, 45047]

    @pytest.mark.parametrize(("raw", "code"), [(b"", 44002), (b"{", 47001), (b"[]", 47001)])
    def test_what_is_no_json_object(self, platform: Platform, raw: bytes, code: int) -> None:
        query = {"access_token": platform.oa_token()}
        answer = platform.http.post("/oa/cgi-bin/message/custom/send", params=query, content=raw)
        assert answer.json()["errcode"] == code
        assert platform.counter("api_errors", str(code)) == 1


def template(platform: Platform, **changes: Any) -> Any:
    body = {
        "touser": OPENID,
        "template_id": "TEMPLATE",
        "url": "https://a.example",
        "data": {"order": {"value": "DD1"}, "state": {"value": "已发货"}},
    }
    return platform.oa("message/template/send", body | changes)


class TestTemplate:
    def test_it_needs_no_window_and_reports_its_end(
        self, platform: Platform, gateway: Gateway
    ) -> None:
        sent = template(platform)
        item = platform.received(CUSTOMER)[0]
        assert (item["kind"], item["text"], item["via"]) == ("card", "订单 DD1：已发货", "template")
        told = gateway.wait_for(1)
        assert skeleton(told.xml) == skeleton(document("oa_template_finished"))
        assert told.message["MsgID"] == str(sent["msgid"])

    @pytest.mark.parametrize(
        ("changes", "code"),
        [
            ({"template_id": "other"}, 40037),
            ({"data": {"order": {"value": "DD1"}}}, 47003),
            ({"touser": "oNobody"}, 40003),
        ],
    )
    def test_refusals(self, platform: Platform, changes: dict[str, Any], code: int) -> None:
        assert template(platform, **changes)["errcode"] == code

    def test_a_repeated_client_msg_id_shows_it_once(self, platform: Platform) -> None:
        sent = [template(platform, client_msg_id="c-1")["msgid"] for _ in range(2)]
        assert sent[0] == sent[1]
        assert len(platform.received(CUSTOMER)) == 1

    def test_new_templates_can_be_registered(self, platform: Platform) -> None:
        platform.post("/templates", {"oa": {"T2": "生日快乐 {{name.DATA}}"}})
        template(platform, template_id="T2", data={"name": {"value": "林晓月"}})
        assert platform.received(CUSTOMER)[0]["text"] == "生日快乐 林晓月"
