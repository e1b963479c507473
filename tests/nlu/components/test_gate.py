"""The role steers, but does not blind."""

from typing import Any

import pytest
from rasa.shared.nlu.training_data.message import Message

from nlu.components.gate import RoleGate
from nlu.roles import intents_of

CONFIG = {"others": 0.1, "threshold": 0.3, "meaningless": ["out_of_scope"]}


def gated(chances: dict[str, float], role: str | None) -> dict[str, Any]:
    ranking = [
        {"name": name, "confidence": chance}
        for name, chance in sorted(chances.items(), key=lambda pair: -pair[1])
    ]
    metadata = {"role": role} if role else None
    message = Message({"intent": ranking[0], "intent_ranking": ranking, "metadata": metadata})
    RoleGate(CONFIG).process([message])
    return message.as_dict(only_output_properties=True)


BOTH = {"query_points": 0.4, "lookup_points": 0.5, "greet": 0.1}


@pytest.mark.parametrize(
    ("role", "intent"),
    [("customer", "query_points"), ("assistant", "lookup_points"), ("manager", "lookup_points")],
)
def test_each_role_is_taken_to_mean_its_own(role: str, intent: str) -> None:
    assert gated(BOTH, role)["intent"]["name"] == intent


def test_what_was_best_before_the_role_counted_is_told() -> None:
    assert gated(BOTH, "customer")["ungated"] == "lookup_points"


def test_what_is_clearly_another_roles_stays_so() -> None:
    answer = gated({"segment_stats": 0.95, "query_points": 0.02, "greet": 0.03}, "customer")
    assert answer["intent"]["name"] == "segment_stats"


@pytest.mark.parametrize("role", [None, "admin", "stranger"])
def test_without_a_limited_role_the_ranking_stands(role: str | None) -> None:
    answer = gated(BOTH, role)
    assert answer["intent"] == {"name": "lookup_points", "confidence": 0.5}


def test_the_ranking_is_whole_and_sums_to_one() -> None:
    ranking = gated(BOTH, "customer")["intent_ranking"]
    assert {ranked["name"] for ranked in ranking} == set(BOTH)
    assert sum(ranked["confidence"] for ranked in ranking) == pytest.approx(1)


def test_a_doubtful_best_is_the_fallback_with_the_likeliest_behind_it() -> None:
    answer = gated({"greet": 0.25, "thank": 0.2, "help": 0.2, "deny": 0.2, "affirm": 0.15}, None)
    assert answer["intent"]["name"] == "nlu_fallback"
    assert [ranked["name"] for ranked in answer["intent_ranking"]][:3] == [
        "nlu_fallback",
        "greet",
        "thank",
    ]


def test_what_is_out_of_scope_is_the_fallback() -> None:
    answer = gated({"out_of_scope": 0.9, "greet": 0.1}, "customer")
    assert answer["intent"]["name"] == "nlu_fallback"
    assert answer["ungated"] == "out_of_scope"


def test_a_manager_may_look_up_but_not_change() -> None:
    own = intents_of("manager")
    assert own is not None
    assert {"lookup_customer", "check_stock", "segment_stats"} <= own
    assert not {"update_customer_profile", "log_tryon", "query_points"} & own
