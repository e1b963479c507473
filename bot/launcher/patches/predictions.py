"""RulePolicy: only the states a rule can see, and only the rules that end where we are."""

import json
from collections import defaultdict
from typing import Any

from rasa.core.policies.rule_policy import RulePolicy
from rasa.shared.core.constants import PREVIOUS_ACTION, USER
from rasa.shared.core.domain import Domain, State
from rasa.shared.core.events import ActionExecuted
from rasa.shared.core.trackers import DialogueStateTracker
from rasa.shared.nlu.constants import ACTION_NAME, INTENT

from bot.launcher.rules import longest_rule

ANY = object()  # the rule does not say, so that it may match
START = object()  # the rule begins with the conversation
Index = dict[tuple[object, object], list[str]]
_STATES = "_dianyu_states"
_INDEXES = "_dianyu_indexes"
_stock_possible_keys = RulePolicy._get_possible_keys


def install() -> None:
    RulePolicy._prediction_states = states_that_rules_can_see
    RulePolicy._get_possible_keys = possible_keys_by_last_state
    RulePolicy.format_tracker_states = staticmethod(no_words_for_the_debug_log)


def states_that_rules_can_see(
    policy: RulePolicy,
    tracker: DialogueStateTracker,
    domain: Domain,
    use_text_for_last_user_input: bool = False,
    rule_only_data: Any = None,
) -> list[State]:
    """The last states of those that stock returns, made once for text and intent."""
    key = len(tracker.events)
    known = tracker.__dict__.get(_STATES)
    if known is None or known[0] != key:
        known = (key, recent_states(tracker, domain, _reach(policy)))
        tracker.__dict__[_STATES] = known
    states = [_with_own_user(state) for state in known[1]]
    policy.featurizer._choose_last_user_input([states], use_text_for_last_user_input)
    return states


def recent_states(tracker: DialogueStateTracker, domain: Domain, most: int) -> list[State]:
    """The last `most` states of `tracker.past_states(domain)`."""
    applied = tracker.applied_events()
    executed = [i for i, event in enumerate(applied) if type(event) is ActionExecuted]
    wanted = set(executed[-(most - 1) :] if most > 1 else ())
    past = tracker.init_copy()
    states = []
    for index, event in enumerate(applied):
        if index in wanted:
            states.append(domain.get_active_state(past))
        past.update(event)
    return [*states, domain.get_active_state(past)]


def possible_keys_by_last_state(
    policy: RulePolicy, lookup: dict[str, str], states: list[State]
) -> set[str]:
    """Stock compares every rule with every state; here only those that can match the last."""
    indexes = policy.__dict__.setdefault(_INDEXES, {})
    if id(lookup) not in indexes:
        indexes[id(lookup)] = _index(lookup)
    candidates = _candidates(indexes[id(lookup)], states[-1])
    keys: set[str] = _stock_possible_keys(policy, dict.fromkeys(candidates, ""), states)
    return keys


def no_words_for_the_debug_log(_: list[State]) -> str:
    """Stock words every state for a log line that nobody reads."""
    return ""


def _index(lookup: dict[str, str]) -> Index:
    index: Index = defaultdict(list)
    for key in lookup:
        last = _states(key)[-1]
        index[_previous(last), _intent(last)].append(key)
    return index


def _candidates(index: Index, state: State) -> list[str]:
    previous, intent = _previous(state), _intent(state)
    names = (START,) if previous is START else (previous, ANY)
    return [key for name in names for wish in {intent, ANY} for key in index.get((name, wish), ())]


def _previous(state: State) -> object:
    previous = state.get(PREVIOUS_ACTION)
    return previous.get(ACTION_NAME) or ANY if previous else START


def _intent(state: State) -> object:
    return (state.get(USER) or {}).get(INTENT) or ANY


def _with_own_user(state: State) -> State:
    """The featurizer deletes from the user's part."""
    return {**state, USER: {**state[USER]}} if USER in state else state


def _reach(policy: RulePolicy) -> int:
    if "_dianyu_reach" not in policy.__dict__:
        policy.__dict__["_dianyu_reach"] = longest_rule(policy)
    return int(policy.__dict__["_dianyu_reach"])


def _states(key: str) -> list[State]:
    states: list[State] = json.loads(key)
    return states
