"""Template cards: task ids, clicks, and the one change that each response code allows."""

from typing import Any

import pytest

from tests.channels.sandbox.gateway import Answer, Gateway, a_reply
from tests.channels.sandbox.platform import STAFF, USERID, Platform
from tests.channels.sandbox.recorded import calls, document, skeleton

RECORDED = calls("wecom")["POST /cgi-bin/message/send"]["body"]["template_card"]
MANAGER = {"id": "manager:周敏", "name": "周敏", "role": "manager", "userid": "ZhouMin"}
VOTE = {
    "card_type": "vote_interaction",
    "main_title": {"title": "选一套"},
    "task_id": "vote-1",
    "checkbox": {"question_key": "look", "option_list": [{"id": "a", "text": "A"}]},
    "submit_button": {"text": "提交", "key": "submit"},
}


def send_card(platform: Platform, to: str = USERID, **changes: Any) -> Any:
    body = {"touser": to, "msgtype": "template_card", "template_card": RECORDED | changes}
    return platform.wecom("message/send", body)


def update(platform: Platform, code: str, **more: Any) -> Any:
    change = {"userids": [USERID], "response_code": code, "button": {"replace_name": "已受理"}}
    return platform.wecom("message/update_template_card", change | more)


def click(platform: Platform, key: str = "accept", **more: Any) -> Any:
    tap = {"persona": STAFF["id"], "task_id": "alert-7", "key": key}
    return platform.post("/clicks", tap | more)


def card(platform: Platform, persona: dict[str, Any] = STAFF) -> dict[str, Any]:
    return platform.received(persona)[0]


def test_a_card_shows_its_lines_and_buttons(platform: Platform) -> None:
    send_card(platform)
    shown = card(platform)
    assert shown["text"] == "低分预警\n万达店\n王** 给服务打了 1 分\n订单：DD20260301001"
    assert shown["buttons"] == [
        {"title": "受理", "key": "accept"}, {"title": "转交", "key": "hand_over"},
    ]  # fmt: skip


def test_a_task_id_is_used_once(platform: Platform) -> None:
    assert send_card(platform)["errcode"] == 0
    assert send_card(platform)["errcode"] == 42014
    assert len(platform.received(STAFF)) == 1


@pytest.mark.parametrize(
    "changes",
    [
        {"card_type": "hologram"},
        {"task_id": ""},
        {"task_id": "alert 7"},
        {"task_id": "x" * 129},
        {"main_title": {}, "sub_title_text": ""},
        {"button_list": []},
        {"button_list": [{"text": "a", "key": "k"}] * 7},
        {"button_list": [{"text": "a"}]},
    ],
)
def test_malformed_cards(platform: Platform, changes: dict[str, Any]) -> None:
    assert send_card(platform, **changes)["errcode"] == 40058


def test_a_notice_needs_no_task_and_gives_no_code(platform: Platform) -> None:
    answer = send_card(platform, card_type="text_notice", task_id="", button_list=[])
    assert answer["errcode"] == 0
    assert "response_code" not in answer


class TestClick:
    def test_it_is_told_in_the_documented_form(self, platform: Platform, gateway: Gateway) -> None:
        send_card(platform)
        click(platform)
        got = gateway.received[0]
        assert skeleton(got.xml) == skeleton(document("wecom_card_event"))
        told = got.message
        assert (told["EventKey"], told["TaskId"], told["FromUserName"]) == (
            "accept", "alert-7", USERID,
        )  # fmt: skip

    def test_a_choice_is_told_with_it(self, platform: Platform, gateway: Gateway) -> None:
        body = {"touser": USERID, "msgtype": "template_card", "template_card": VOTE}
        platform.wecom("message/send", body)
        click(platform, "submit", task_id="vote-1", selected={"look": ["a", "b"]})
        assert skeleton(gateway.received[0].xml) == skeleton(document("wecom_vote_event"))

    def test_its_code_changes_the_card(self, platform: Platform, gateway: Gateway) -> None:
        send_card(platform)
        click(platform)
        update(platform, gateway.received[0].message["ResponseCode"])
        assert card(platform)["buttons"] == []
        assert card(platform)["card"]["button_list"] == [{"text": "已受理"}]

    def test_a_replaced_button_is_dead(self, platform: Platform) -> None:
        update(platform, send_card(platform)["response_code"])
        tap = {"persona": STAFF["id"], "task_id": "alert-7", "key": "accept"}
        answer = platform.http.post("/control/clicks", json=tap)
        assert (answer.status_code, answer.json()["error"]) == (409, "no_such_button")

    def test_a_passive_reply_can_replace_the_button(
        self, platform: Platform, gateway: Gateway
    ) -> None:
        body = "<Button><ReplaceName><![CDATA[已受理]]></ReplaceName></Button>"
        gateway.answers = [Answer(_reply(platform, "update_button", body))]
        send_card(platform)
        assert click(platform)["shown"][0]["card"]["button_list"] == [{"text": "已受理"}]

    def test_a_passive_reply_can_replace_the_card(
        self, platform: Platform, gateway: Gateway
    ) -> None:
        body = (
            "<TemplateCard><CardType>button_interaction</CardType>"
            "<MainTitle><Title>已受理</Title></MainTitle>"
            "<ButtonList><Text>关闭</Text><Key>close</Key></ButtonList></TemplateCard>"
        )
        gateway.answers = [Answer(_reply(platform, "update_template_card", body))]
        send_card(platform)
        shown = click(platform)["shown"][0]
        assert (shown["text"], shown["buttons"]) == ("已受理", [{"title": "关闭", "key": "close"}])

    def test_a_text_may_answer_too(self, platform: Platform, gateway: Gateway) -> None:
        gateway.answers = [Answer(a_reply(USERID, platform.accounts.wecom_corpid, "好的"))]
        send_card(platform)
        assert click(platform)["shown"][0]["text"] == "好的"

    def test_there_must_be_such_a_card(self, platform: Platform) -> None:
        tap = {"persona": STAFF["id"], "task_id": "none", "key": "accept"}
        assert platform.http.post("/control/clicks", json=tap).status_code == 404


class TestUpdate:
    def test_the_code_of_the_sending_works_once(self, platform: Platform) -> None:
        code = send_card(platform)["response_code"]
        assert [update(platform, code)["errcode"] for _ in range(2)] == [0, 40058]

    def test_it_works_for_72_hours(self, platform: Platform) -> None:
        codes = [send_card(platform, task_id=f"t{n}")["response_code"] for n in range(2)]
        platform.later(72 * 3600 - 60)
        assert update(platform, codes[0])["errcode"] == 0
        platform.later(120)
        assert update(platform, codes[1])["errcode"] == 40058

    def test_a_whole_card_can_be_sent(self, platform: Platform) -> None:
        code = send_card(platform)["response_code"]
        new = {"card_type": "text_notice", "main_title": {"title": "已关闭"}}
        update(platform, code, button=None, template_card=new)
        assert (card(platform)["text"], card(platform)["buttons"]) == ("已关闭", [])

    def test_replaced_text_leaves_one_dead_button(self, platform: Platform) -> None:
        code = send_card(platform)["response_code"]
        update(platform, code, button=None, template_card=RECORDED | {"replace_text": "李娜处理中"})
        assert card(platform)["buttons"] == []
        assert card(platform)["card"]["button_list"] == [{"text": "李娜处理中"}]

    def test_only_those_named_see_the_change(self, platform: Platform) -> None:
        platform.post("/personas", MANAGER)
        code = send_card(platform, to=f"{USERID}|ZhouMin")["response_code"]
        assert update(platform, code, userids=[USERID, "nobody"])["invaliduser"] == ["nobody"]
        assert card(platform)["buttons"] == []
        assert len(card(platform, MANAGER)["buttons"]) == 2

    def test_all_receivers_can_be_meant(self, platform: Platform) -> None:
        platform.post("/personas", MANAGER)
        code = send_card(platform, to=f"{USERID}|ZhouMin")["response_code"]
        update(platform, code, userids=[], atall=1)
        assert card(platform, MANAGER)["buttons"] == []

    @pytest.mark.parametrize(
        ("changes", "code"),
        [
            ({"response_code": "unknown"}, 40058),
            ({"button": {}}, 40058),
            ({"button": None, "template_card": {"card_type": "?"}}, 40058),
            ({"userids": []}, 81013),
            ({"agentid": 7}, 40056),
        ],
    )
    def test_a_refused_change_leaves_the_code(
        self, platform: Platform, changes: dict[str, Any], code: int
    ) -> None:
        issued = send_card(platform)["response_code"]
        assert update(platform, issued, **changes)["errcode"] == code
        assert update(platform, issued)["errcode"] == 0

    def test_a_changed_card_is_news_to_who_waits(self, platform: Platform) -> None:
        code = send_card(platform)["response_code"]
        seen = card(platform)["seq"]
        update(platform, code)
        changed = platform.phone(STAFF, since=seen)
        assert [(item["index"], item["buttons"]) for item in changed] == [(0, [])]


def _reply(platform: Platform, kind: str, body: str) -> str:
    return a_reply(USERID, platform.accounts.wecom_corpid, "", kind, body=body)
