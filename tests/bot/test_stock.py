"""A conversation through our launcher is the one that stock Rasa would have had.

Both are real processes with the same model, the same action server and the same typed texts;
stock keeps the whole history, ours only what travels in the state.
"""

import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from rasa.shared.core.constants import SESSION_START_METADATA_SLOT as SESSION_SLOT

from bot.launcher.dialogue import Dialogue
from bot.launcher.state import load as loaded
from tests.bot import servers
from tests.bot.servers import call
from tests.bot.turns import a_turn

SAID = [
    *("你好", "再见", "我有多少积分", "我要投诉", "给3分", "9分", "衣服起球了", "预约试穿"),
    *("要藏青的", "试穿一件红色的", "算了", "讲个笑话", "带我逛逛", "会员优惠", "升级贵宾"),
    *("全部清空", "明天提醒我", "别提醒了", "弄坏它"),
]
# What a complaint is made of comes up more often, so that forms are entered, left and finished.
OFTEN = ["我要投诉", "9分", "给3分", "我有多少积分", "衣服起球了"]


@pytest.fixture(scope="module")
def stock(models: Path, actions: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with servers.stock_rasa(models, actions, tmp_path_factory.mktemp("stock")) as url:
        yield url


@pytest.mark.parametrize("seed", range(5))
def test_the_same_texts_get_the_same_answers(
    rasa: str, stock: str, dialogue: Dialogue, seed: int
) -> None:
    chance = random.Random(seed)
    state: dict[str, Any] | None = None
    for number in range(25):
        text = chance.choice(SAID + OFTEN * 2)
        theirs = call(
            f"{stock}/webhooks/rest/webhook",
            {"sender": f"c_{seed}", "message": text, "metadata": {"inbound_id": number}},
        )
        answer = call(f"{rasa}/turn", a_turn(text, inbound_id=number, state=state)).body
        state = answer["state"]

        assert as_stock_sends(answer["replies"]) == as_sent(theirs.body), (number, text)

    theirs = call(f"{stock}/conversations/c_{seed}/tracker").body
    ours = loaded(state, f"c_{seed}", dialogue.domain)
    assert same(ours.current_slot_values()) == same(theirs["slots"])
    assert ours.active_loop_name == theirs["active_loop"].get("name")


def same(slots: dict[str, Any]) -> dict[str, Any]:
    """Without how much history an action was shown, and when the session began."""
    return {name: slots[name] for name in slots if name not in {"seen", SESSION_SLOT}}


def as_sent(messages: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [{key: value for key, value in one.items() if key != "recipient_id"} for one in messages]


def as_stock_sends(replies: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Rasa's collector sends paragraphs and pictures one by one."""
    sent: list[dict[str, Any]] = []
    for reply in replies:
        if reply["buttons"]:
            sent.append({"text": reply["text"], "buttons": reply["buttons"]})
        else:
            sent += [{"text": part} for part in (reply["text"] or "").split("\n\n") if part]
        if reply["image"]:
            sent.append({"image": reply["image"]})
    return sent
