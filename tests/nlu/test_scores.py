"""The figures mean what they say."""

from pathlib import Path

import pytest

from nlu.corpus import Marked, Utterance
from nlu.scores import Parsed, entity_f1, figures, macro_f1, mistakes

SIZE = ("size", 0, 1, "M")


def parsed(
    expected: str,
    got: str,
    *,
    ungated: str = "",
    entities: tuple[tuple[str, int, int, str], ...] = (),
) -> Parsed:
    utterance = Utterance("M码", "M码", expected, (Marked(*SIZE),), Path("x.yml"), 1)
    return Parsed(utterance, got, 0.9, ungated or got, entities, 0.02)


def test_accuracy_is_told_with_and_without_the_role() -> None:
    report = figures([parsed("greet", "greet"), parsed("thank", "thank", ungated="greet")])
    assert report["intent accuracy, role known"] == 1
    assert report["intent accuracy, role unknown"] == 0.5


def test_fallback_and_out_of_scope_are_one_answer() -> None:
    report = figures([parsed("out_of_scope", "nlu_fallback"), parsed("greet", "nlu_fallback")])
    assert report["out-of-scope recall"] == 1
    assert report["out-of-scope precision"] == 0.5
    assert report["in scope but not understood"] == 1


def test_macro_f1_weighs_rare_intents_like_common_ones() -> None:
    pairs = [("greet", "greet")] * 9 + [("thank", "greet")]
    assert macro_f1(pairs) == pytest.approx((18 / 19 + 0) / 2)


def test_an_entity_counts_only_with_its_place_and_value() -> None:
    assert entity_f1([parsed("greet", "greet", entities=(SIZE,))]) == 1
    assert entity_f1([parsed("greet", "greet", entities=(("size", 0, 1, "L"),))]) == 0
    assert entity_f1([parsed("greet", "greet", entities=(("size", 0, 2, "M"),))]) == 0


def test_mistakes_are_listed() -> None:
    wrong = parsed("greet", "thank")
    assert mistakes([parsed("greet", "greet"), wrong]) == [wrong]
