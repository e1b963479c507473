"""Each patch does what stock Rasa does, only sooner (decision 0004)."""

import copy
import json
import random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import ValidationError
from rasa.core.actions.action import RemoteAction
from rasa.core.channels.channel import UserMessage
from rasa.core.policies.rule_policy import RulePolicy
from rasa.engine.constants import PLACEHOLDER_MESSAGE, PLACEHOLDER_TRACKER
from rasa.engine.runner.dask import DaskGraphRunner
from rasa.shared.core.events import ActiveLoop, Event, SlotSet
from rasa.shared.core.slots import Slot
from rasa.shared.core.trackers import DialogueStateTracker

from bot.launcher import patches, rules, state, wire
from bot.launcher.dialogue import Dialogue
from bot.launcher.patches import actions, events, graph, predictions, trackers
from tests.bot.conftest import Run
from tests.bot.turns import an_event

Json = dict[str, Any]
REMOTE = RemoteAction("action_points", None)
# The originals; nothing in this process installs the patches.
STOCK_APPLIED = DialogueStateTracker.applied_events
STOCK_COPY = DialogueStateTracker.copy
STOCK_CHECK = RemoteAction._validate_action_result
STOCK_KEYS = RulePolicy._get_possible_keys
STOCK_RESOLVE = Event.resolve_by_type
STOCK_RUN = DaskGraphRunner.run
STOCK_STATES = RulePolicy._prediction_states

values = st.one_of(st.none(), st.integers(), st.text(max_size=3), st.lists(st.none(), max_size=1))
event_names = st.sampled_from(
    ["slot", "action", "user", "bot", "followup", "reminder", "pause", "entities", "no_such", 7]
)
answered_events = st.fixed_dictionaries(
    {},
    optional={
        "event": event_names,
        "name": values,
        "value": values,
        "timestamp": values,
        "metadata": st.one_of(st.none(), st.just({}), values),
        "entities": st.one_of(values, st.just([{"entity": "color", "value": 1}])),
        "hide_rule_turn": st.one_of(st.booleans(), values),
        "parse_data": st.one_of(st.just({"intent": {"name": "greet"}}), values),
    },
)
answers: st.SearchStrategy[Any] = st.one_of(
    values,
    st.fixed_dictionaries(
        {},
        optional={
            "events": st.one_of(values, st.lists(st.one_of(answered_events, values), max_size=3)),
            "responses": st.one_of(values, st.lists(st.one_of(st.just({}), values), max_size=2)),
        },
    ),
)


@pytest.fixture(scope="module")
def policy(dialogue: Dialogue) -> RulePolicy:
    return rules.rule_policy(dialogue.processor)


@pytest.fixture(scope="module")
def conversations(dialogue: Dialogue, run: Run[Any]) -> list[DialogueStateTracker]:
    """Trackers in all sorts of states, among them inside forms and after reverted turns."""
    return [run(_a_conversation(dialogue, random.Random(seed))) for seed in range(40)]


async def _a_conversation(dialogue: Dialogue, chance: random.Random) -> DialogueStateTracker:
    tracker = state.load(None, "c_1", dialogue.domain)
    for number in range(chance.randrange(1, 14)):
        intent = chance.choice(
            ["greet", "goodbye", "file_complaint", "book_fitting", "query_points", "tour",
             "chitchat", "cancel", "become_vip", "nlu_fallback"]
        )  # fmt: skip
        entities = chance.choice([{}, {"score": "3"}, {"color": "藏青"}])
        sent = an_event(intent, entities=entities, inbound_id=number)
        await dialogue.live(wire.turn(json.dumps(sent).encode()), tracker)
    # cut anywhere, for policies predict in the middle of a turn
    kept = list(tracker.events)[: chance.randrange(1, len(tracker.events) + 1)]
    return DialogueStateTracker.from_events("c_1", kept, dialogue.domain.slots)


@settings(max_examples=120, deadline=None)
@given(answer=answers)
def test_an_action_answer_is_judged_as_by_stock(answer: Any) -> None:
    assert _verdict(actions.check_by_validators_made_once, answer) == _verdict(_stock, answer)


def _stock(remote: RemoteAction, answer: Any) -> bool:
    return bool(STOCK_CHECK(remote, answer))


def _verdict(check: Any, answer: Any) -> bool:
    try:
        return bool(check(REMOTE, answer))
    except ValidationError:
        return False


@pytest.mark.parametrize("with_text", [True, False])
def test_rules_see_the_same_last_states(
    policy: RulePolicy,
    dialogue: Dialogue,
    conversations: list[DialogueStateTracker],
    with_text: bool,
) -> None:
    reach = rules.longest_rule(policy)
    for tracker in conversations:
        stock = STOCK_STATES(policy, tracker, dialogue.domain, with_text)
        ours = predictions.states_that_rules_can_see(policy, tracker, dialogue.domain, with_text)
        assert ours == stock[-reach:]


def test_the_same_rules_apply(
    policy: RulePolicy, dialogue: Dialogue, conversations: list[DialogueStateTracker]
) -> None:
    found = 0
    for tracker in conversations:
        whole = STOCK_STATES(policy, tracker, dialogue.domain)
        seen = predictions.states_that_rules_can_see(policy, tracker, dialogue.domain)
        for lookup in policy.lookup.values():
            if not isinstance(lookup, dict):
                continue
            stock = STOCK_KEYS(policy, lookup, whole)
            assert predictions.possible_keys_by_last_state(policy, lookup, seen) == stock
            found += len(stock)
    assert found > len(conversations) / 2


def test_a_graph_run_gives_the_same_result(
    dialogue: Dialogue, conversations: list[DialogueStateTracker]
) -> None:
    runner, metadata = dialogue.processor.graph_runner, dialogue.processor.model_metadata
    tracker = conversations[0]
    inputs = {PLACEHOLDER_MESSAGE: [UserMessage("试穿红色的")], PLACEHOLDER_TRACKER: tracker}

    for target in (metadata.nlu_target, metadata.core_target):
        (stock,) = STOCK_RUN(runner, inputs, [target]).values()
        (ours,) = graph.run_by_plan(runner, inputs, [target]).values()
        assert _comparable(ours) == _comparable(stock)


def _comparable(result: Any) -> Any:
    if isinstance(result, list):
        return [message.as_dict(only_output_properties=True) for message in result]
    return result.probabilities, result.policy_name


@pytest.mark.parametrize("name", ["slot", "user", "form", "active_loop", "topic", "no_such"])
def test_an_event_name_means_the_same_class(name: str) -> None:
    def resolved(resolve: Any) -> object:
        try:
            return resolve(name)
        except ValueError as error:
            return str(error)

    assert resolved(events.resolve_in_a_table) == resolved(STOCK_RESOLVE)


def test_a_copy_is_what_a_replay_makes(conversations: list[DialogueStateTracker]) -> None:
    for tracker in conversations:
        stock, ours = STOCK_COPY(tracker), trackers.copy_as_it_is(tracker)
        assert _inside(ours) == _inside(stock)
        assert ours.slots["color"] is not tracker.slots["color"]


def _inside(tracker: DialogueStateTracker) -> Json:
    parts = dict(vars(tracker))
    parts["slots"] = {name: vars(slot) for name, slot in tracker.slots.items()}
    return parts


def test_a_copied_tracker_lives_a_life_of_its_own(
    conversations: list[DialogueStateTracker],
) -> None:
    for tracker in conversations:
        before = json.dumps(tracker.current_state(), default=str)
        copied = trackers.copy_as_it_is(tracker)
        for event in (
            SlotSet("color", "changed"),
            ActiveLoop("fitting_form"),
            SlotSet("vip", True),
        ):
            copied.update(event)
        assert json.dumps(tracker.current_state(), default=str) == before


def test_the_same_events_apply(conversations: list[DialogueStateTracker]) -> None:
    for tracker in conversations:
        assert trackers.applied_events_by_type(tracker) == STOCK_APPLIED(tracker)


def test_a_copied_slot_is_the_same(dialogue: Dialogue) -> None:
    for slot in dialogue.domain.slots:
        copied = trackers.copy_of_a_slot(slot)
        assert (type(copied), vars(copied)) == (type(slot), vars(copy.copy(slot)))


def test_the_payload_is_stocks_without_the_domain(
    dialogue: Dialogue, conversations: list[DialogueStateTracker]
) -> None:
    for tracker in conversations:
        stock = REMOTE._action_call_format(tracker, dialogue.domain)
        ours = actions.call_without_the_domain(REMOTE, tracker, dialogue.domain)
        assert ours == {**stock, "domain": {}}


def test_every_patch_is_installed_by_one_call(monkeypatch: pytest.MonkeyPatch) -> None:
    patched = [
        (RemoteAction, "_validate_action_result"),
        (RemoteAction, "_action_call_format"),
        (RemoteAction, "run"),
        (Event, "resolve_by_type"),
        (DaskGraphRunner, "run"),
        (RulePolicy, "_prediction_states"),
        (RulePolicy, "_get_possible_keys"),
        (RulePolicy, "format_tracker_states"),
        (DialogueStateTracker, "copy"),
        (DialogueStateTracker, "applied_events"),
        (Slot, "__copy__"),
    ]
    before = [getattr(owner, name, None) for owner, name in patched]
    for owner, name in patched:  # so that they are put back after the test
        stock = owner.__dict__.get(name, getattr(owner, name, None))
        monkeypatch.setattr(owner, name, stock, raising=False)

    patches.install()

    assert all(
        getattr(owner, name) is not stock
        for (owner, name), stock in zip(patched, before, strict=True)
    )
