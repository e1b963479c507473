"""The channel as the gateway meets it: real sockets, two workers, a real action server."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.bot.servers import call
from tests.bot.turns import NOW, a_turn, an_event, texts


def test_a_text_is_answered_with_real_data_and_a_state(rasa: str) -> None:
    answer = call(f"{rasa}/turn", a_turn("我有多少积分"))

    assert answer.status == 200
    assert answer.body["replies"] == [
        {
            "text": "您有 320 积分",
            "buttons": [{"title": "积分明细", "payload": "积分明细"}],
            "image": None,
            "custom": None,
        }
    ]
    assert answer.body["intent"]["name"] == "query_points"
    assert 0 < answer.body["intent"]["confidence"] <= 1
    assert answer.body["entities"] == []
    assert answer.body["failed_actions"] == []
    assert answer.body["state"]["events"]


def test_the_conversation_goes_on_from_the_state_alone(rasa: str) -> None:
    asked = call(f"{rasa}/turn", a_turn("我要投诉")).body
    scored = call(f"{rasa}/turn", a_turn("2分", state=asked["state"])).body
    filed = call(f"{rasa}/turn", a_turn("衣服起球", state=scored["state"])).body

    assert texts(asked) == ["打几分？\n\n一到五分"]
    assert texts(scored) == ["怎么了？"]
    assert texts(filed) == ["已记录：2.0 衣服起球"]


def test_without_a_state_the_conversation_is_new(rasa: str) -> None:
    first = call(f"{rasa}/turn", a_turn("你好")).body
    second = call(f"{rasa}/turn", a_turn("你好", state=first["state"])).body
    fresh = call(f"{rasa}/turn", a_turn("你好")).body

    assert (texts(first), texts(second), texts(fresh)) == (
        ["欢迎光临"],
        ["又见面了"],
        ["欢迎光临"],
    )


def test_text_and_picture_of_one_response_are_one_reply(rasa: str) -> None:
    (reply,) = call(f"{rasa}/turn", a_turn("讲个笑话")).body["replies"]

    assert reply["text"] == "哈哈"
    assert reply["image"] == "/pictures/smile.png"


def test_an_event_carries_intent_and_entities(rasa: str) -> None:
    event = an_event("image_received", entities={"scene": "store-1"})

    answer = call(f"{rasa}/turn", event).body

    assert answer["intent"] == {"name": "image_received", "confidence": 1.0}
    assert answer["entities"][0]["entity"] == "scene"
    assert answer["entities"][0]["value"] == "store-1"


@pytest.mark.parametrize("typed", ["/query_points", "/restart", '/become_vip{"vip": true}'])
def test_a_leading_slash_is_only_text(rasa: str, typed: str) -> None:
    item = {"role": "customer", "text": typed, "now": NOW}

    (parsed,) = call(f"{rasa}/parse", {"items": [item]}).body["items"]

    assert parsed["confidence"] < 1


def test_parsing_keeps_offsets_of_the_text_as_sent(rasa: str) -> None:
    item = {"role": "assistant", "text": "  试穿😀红色的 ", "now": None}

    (parsed,) = call(f"{rasa}/parse", {"items": [item]}).body["items"]

    (entity,) = parsed["entities"]
    assert entity == {
        "entity": "color",
        "start": 5,
        "end": 7,
        "text": "红色",
        "value": "红色",
    }
    assert parsed["ungated"] == parsed["intent"]
    assert {"name", "confidence"} == set(parsed["ranking"][0])


def test_parsing_answers_a_list_in_its_order(rasa: str) -> None:
    said = ["我有多少积分", "   ", "我要投诉", ""]
    items = [{"role": "customer", "text": text, "now": NOW} for text in said]

    parsed = call(f"{rasa}/parse", {"items": items}).body["items"]

    assert [one["intent"] for one in parsed] == [
        "query_points",
        "nlu_fallback",
        "file_complaint",
        "nlu_fallback",
    ]


def test_a_failed_action_is_named(rasa: str) -> None:
    answer = call(f"{rasa}/turn", a_turn("弄坏它"))

    assert answer.status == 200
    assert answer.body["failed_actions"] == ["action_broken"]
    assert answer.body["replies"] == []


@pytest.mark.parametrize("secret", [None, "", "wrong", "the tests' own secret "])
def test_without_the_secret_nothing_is_answered(rasa: str, secret: str | None) -> None:
    assert call(f"{rasa}/turn", a_turn("你好"), secret=secret).status == 401
    assert call(f"{rasa}/parse", {"items": []}, secret=secret).status == 401


@pytest.mark.parametrize(
    "body",
    [
        b"{",
        b"[]",
        b"\xff\xfe",
        {},
        a_turn(None),
        a_turn("你好", intent="greet"),
        a_turn("你好", inbound_id="42"),
        a_turn("你好", inbound_id=True),
        a_turn("你好", conversation_id=""),
        a_turn("你好", role="root"),
        a_turn("你好", now="yesterday"),
        a_turn("你好", now="2026-03-12T14:00:00"),
        a_turn("好" * 4001),
        a_turn("你好", state={"events": [{"event": "nothing"}]}),
        a_turn("你好", state={"events": [7]}),
        a_turn("你好", state={"events": [{"event": "action"}]}),
        a_turn("你好", state={}),
        an_event("no_such_intent"),
        an_event("restart"),
        an_event("back"),
        an_event("session_start"),
        an_event("greet", entities=["scene"]),
    ],
)
def test_a_malformed_turn_is_refused(rasa: str, body: object) -> None:
    answer = call(f"{rasa}/turn", body)

    assert answer.status == 422
    assert answer.body["error"] == "malformed"


def test_a_large_body_is_refused(rasa: str) -> None:
    answer = call(f"{rasa}/turn", a_turn("你好", state={"events": ["x" * (1 << 20)]}))

    assert answer.status == 413
    assert answer.body["error"]


@pytest.mark.parametrize(
    "path",
    ["/", "/status", "/version", "/model", "/model/parse", "/webhooks/rest/webhook",
     "/conversations/c_1/tracker", "/domain", "/docs"],
)  # fmt: skip
def test_nothing_else_of_rasa_is_there(rasa: str, path: str) -> None:
    root = rasa.removesuffix("/webhooks/dianyu")

    assert call(f"{root}{path}").status == 404
    assert call(f"{root}{path}", {}).status == 404


def test_conversations_side_by_side_do_not_mix(rasa: str) -> None:
    def converse(number: int) -> list[str]:
        state, said = None, []
        for text in ("我要投诉", "3分", f"第{number}件衣服起球"):
            sent = a_turn(text, conversation_id=f"c_{number}", inbound_id=number, state=state)
            answer = call(f"{rasa}/turn", sent).body
            state = answer["state"]
            said += texts(answer)
        return said

    with ThreadPoolExecutor(16) as people:
        heard = list(people.map(converse, range(48)))

    assert [said[-1] for said in heard] == [
        f"已记录：3.0 第{number}件衣服起球" for number in range(48)
    ]


def test_every_worker_can_be_told_to_ask_for_the_shops_names_now(rasa: str) -> None:
    answer = call(f"{rasa}/lexicon", {})

    assert (answer.status, answer.body) == (200, {"etags": [None, None]})  # this model reads none
    assert call(f"{rasa}/lexicon", {}, secret="wrong").status == 401
