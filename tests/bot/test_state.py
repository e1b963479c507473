"""A trimmed conversation goes on exactly as the whole one would (decision 0003)."""

import json
from dataclasses import dataclass
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from rasa.shared.core.events import SlotSet
from rasa.shared.core.trackers import DialogueStateTracker

from bot.launcher import state, wire
from bot.launcher.dialogue import Dialogue
from tests.bot.conftest import Run
from tests.bot.turns import a_turn, an_event

Json = dict[str, Any]
INTENTS = [
    *("greet", "goodbye", "query_points", "file_complaint", "book_fitting", "cancel"),
    *("chitchat", "tour", "perks", "become_vip", "reset", "remind", "unremind", "nudge"),
    *("image_received", "broken", "nlu_fallback"),
]
ENTITIES = [
    {},
    {"color": "红色"},
    {"score": "4"},
    {"score": "9"},
    {"color": "米白", "score": "1"},
]
# in a complaint most people answer what is asked, and some wander off
IN_A_FORM = [
    ("file_complaint", {}),
    ("nlu_fallback", {"score": "9"}),
    ("nlu_fallback", {"score": "3"}),
    ("query_points", {}),
    ("chitchat", {}),
    ("goodbye", {}),
    ("cancel", {}),
]
steps = st.one_of(
    st.tuples(st.sampled_from(INTENTS), st.sampled_from(ENTITIES)),
    st.sampled_from(IN_A_FORM),
)


def a_spoken(step: tuple[str, Json], number: int) -> wire.Turn:
    """A turn of a given intent that has a text, as a person's has."""
    intent, entities = step
    sent = an_event(intent, entities=entities, inbound_id=number)
    return wire.turn(json.dumps(sent).encode())


@dataclass
class Whole:
    """The conversation with all its history, never written down."""

    tracker: DialogueStateTracker

    async def say(self, dialogue: Dialogue, turn: wire.Turn) -> tuple[Json, Json]:
        lived = await dialogue.live(turn, self.tracker)
        return lived, facts(self.tracker)


@dataclass
class Trimmed:
    """The conversation as the gateway keeps it: JSON between the turns."""

    kept: str = "null"

    async def say(self, dialogue: Dialogue, turn: wire.Turn) -> tuple[Json, Json]:
        tracker = state.load(json.loads(self.kept), "c_1", dialogue.domain)
        lived = await dialogue.live(turn, tracker)
        self.kept = json.dumps(state.dump(tracker, reach=dialogue.reach), default=str)
        return lived, facts(tracker)


def facts(tracker: DialogueStateTracker) -> Json:
    """All of a tracker that decides what happens next, and what this turn did."""
    loop = tracker.active_loop
    since = list(tracker.events)
    last = max(i for i, event in enumerate(since) if event.type_name == "user")
    slots = tracker.current_slot_values()
    slots.pop("seen")  # how much history an action was shown is meant to differ
    return {
        "slots": slots,
        "loop": loop and (loop.name, loop.rejected, loop.is_interrupted),
        "trigger": loop and ((loop.trigger_message or {}).get("intent") or {}).get("name"),
        "latest_action": tracker.latest_action_name,
        "followup": tracker.followup_action,
        "paused": tracker.is_paused(),
        "this_turn": [str(event) for event in since[last:] if event.type_name != "bot"],
    }


@settings(
    max_examples=15,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(said=st.lists(steps, min_size=8, max_size=24))
def test_a_trimmed_conversation_goes_on_as_the_whole_one(
    dialogue: Dialogue, run: Run[Any], said: list[tuple[str, Json]]
) -> None:
    async def converse() -> None:
        whole, trimmed = Whole(state.load(None, "c_1", dialogue.domain)), Trimmed()
        for number, step in enumerate(said):
            turn = a_spoken(step, number)
            assert await trimmed.say(dialogue, turn) == await whole.say(dialogue, turn)

    run(converse())


def test_a_form_outlives_any_number_of_wrong_answers_and_digressions(
    dialogue: Dialogue, run: Run[Any]
) -> None:
    async def converse() -> None:
        whole, trimmed = Whole(state.load(None, "c_1", dialogue.domain)), Trimmed()
        said: list[tuple[str, Json]] = [("become_vip", {}), ("file_complaint", {})]
        said += [("nlu_fallback", {"score": "9"})] * 30
        said += [("chitchat", {}), ("query_points", {})] * 20
        said += [("nlu_fallback", {"score": "2"}), ("tour", {}), ("perks", {})]
        for number, step in enumerate(said):
            turn = a_spoken(step, number)
            assert await trimmed.say(dialogue, turn) == await whole.say(dialogue, turn)
        assert whole.tracker.get_slot("score") == 2.0
        assert whole.tracker.active_loop_name == "complaint_form"

    run(converse())


def test_a_rule_across_a_whole_form_matches_after_a_long_form(
    dialogue: Dialogue, run: Run[Any]
) -> None:
    async def converse() -> list[Json]:
        trimmed = Trimmed()
        said = [
            ("book_fitting", {}),
            *[("nlu_fallback", {"color": "红色"})] * 30,  # which the shop has not got
            ("nlu_fallback", {"color": "藏青"}),
        ]
        heard = [
            (await trimmed.say(dialogue, a_spoken(step, number)))[0]
            for number, step in enumerate(said)
        ]
        return heard[-1]["replies"]

    assert run(converse())[0]["text"] == "已预约试穿藏青"


def test_the_state_stops_growing(dialogue: Dialogue, run: Run[Any]) -> None:
    async def converse() -> list[int]:
        trimmed, sizes = Trimmed(), []
        for number in range(120):
            intent = ("query_points", "chitchat", "perks", "tour")[number % 4]
            await trimmed.say(dialogue, a_spoken((intent, {}), number))
            sizes.append(len(trimmed.kept))
        return sizes

    sizes = run(converse())

    assert max(sizes[20:]) <= max(sizes[:20]) * 1.05
    assert max(sizes) < 16_000


def test_a_paused_conversation_stays_silent_and_small(dialogue: Dialogue, run: Run[Any]) -> None:
    async def converse() -> tuple[list[Json], int]:
        trimmed = Trimmed()
        await trimmed.say(dialogue, a_spoken(("human_handoff", {}), 0))
        heard = [
            (await trimmed.say(dialogue, a_spoken(("query_points", {}), number)))[0]
            for number in range(1, 100)
        ]
        return heard, len(trimmed.kept)

    heard, size = run(converse())

    assert [answer["replies"] for answer in heard] == [[]] * 99
    assert size < 4000


def test_a_reminder_waits_until_it_is_cancelled_or_delivered(
    dialogue: Dialogue, run: Run[Any]
) -> None:
    def waiting(kept: str) -> set[str]:
        return {
            event["name"] for event in json.loads(kept)["events"] if event["event"] == "reminder"
        }

    async def converse() -> list[set[str]]:
        trimmed, seen = Trimmed(), []
        for number, intent in enumerate(
            ["remind", *["chitchat"] * 30, "unremind", "remind", "unremind", "nudge"]
        ):
            await trimmed.say(dialogue, a_spoken((intent, {}), number))
            seen.append(waiting(trimmed.kept))
        return seen

    seen = run(converse())

    assert seen[0] == seen[30] != set()
    assert seen[-1] == set()


def test_the_session_start_survives_trimming(dialogue: Dialogue, run: Run[Any]) -> None:
    async def converse() -> list[float]:
        trimmed, starts = Trimmed(), []
        for number in range(30):
            await trimmed.say(dialogue, a_spoken(("chitchat", {}), number))
            first = json.loads(trimmed.kept)["events"][0]
            assert first["event"] == "session_started"
            starts.append(first["timestamp"])
        return starts

    assert len(set(run(converse()))) == 1


def test_what_a_later_model_no_longer_knows_is_left_out(dialogue: Dialogue) -> None:
    old = {
        "events": [
            {"event": "slot", "name": "a_slot_of_old", "value": 1},
            {"event": "slot", "name": "color", "value": "红色"},
            {"event": "active_loop", "name": "a_form_of_old"},
        ]
    }

    tracker = state.load(old, "c_1", dialogue.domain)

    assert tracker.active_loop is None
    assert [event.key for event in tracker.events if isinstance(event, SlotSet)] == ["color"]


def test_actions_are_sent_a_bounded_history(dialogue: Dialogue, run: Run[Any]) -> None:
    async def converse() -> DialogueStateTracker:
        trimmed = Trimmed()
        for number in range(60):
            await trimmed.say(dialogue, a_spoken(("query_points", {}), number))
        return state.load(json.loads(trimmed.kept), "c_1", dialogue.domain)

    (shown,) = run(converse()).get_slot("seen")

    assert state.KEPT_USER_TURNS < shown <= state.KEPT_USER_TURNS + 4


@pytest.mark.parametrize("text", ["我有多少积分", "随便说说"])
def test_a_typed_text_is_kept_as_typed(dialogue: Dialogue, run: Run[Any], text: str) -> None:
    turn = wire.turn(json.dumps(a_turn(f" {text} ")).encode())

    answer = run(dialogue.turn(turn))

    (said,) = [event for event in answer["state"]["events"] if event["event"] == "user"]
    assert said["text"] == f" {text} "
