"""Figures of merit over parsed utterances."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from statistics import mean, median

from nlu.corpus import Utterance

FALLBACK = "nlu_fallback"
# Both stand for a text that the bot cannot help with.
OUT_OF_SCOPE = frozenset({"out_of_scope", FALLBACK})
_VALUELESS = "time"


@dataclass(frozen=True)
class Parsed:
    """An utterance, what its role was answered, and what was thought before the role counted."""

    expected: Utterance
    intent: str
    confidence: float
    ungated: str
    entities: tuple[tuple[str, int, int, str], ...]
    seconds: float
    embedded: bool = False


def figures(parsed: Sequence[Parsed]) -> dict[str, float]:
    """Shares between 0 and 1, and the median processor time of one utterance in milliseconds."""
    outside = [one for one in parsed if one.expected.intent in OUT_OF_SCOPE]
    refused = [one for one in parsed if one.intent in OUT_OF_SCOPE]
    both = [one for one in outside if one.intent in OUT_OF_SCOPE]
    inside = [one for one in parsed if one.expected.intent not in OUT_OF_SCOPE]
    return {
        "intent accuracy, role known": mean(_is_right(one) for one in parsed),
        "intent accuracy, role unknown": mean(one.ungated == one.expected.intent for one in parsed),
        "intent macro-F1, role known": macro_f1(
            (one.expected.intent, one.intent) for one in parsed
        ),
        "in scope but not understood": _share(
            [one for one in inside if one.intent in OUT_OF_SCOPE], inside
        ),
        "out-of-scope precision": _share(both, refused),
        "out-of-scope recall": _share(both, outside),
        "entity value F1": entity_f1(parsed),
        "share embedded": mean(one.embedded for one in parsed),
        "processor ms, median": median(one.seconds for one in parsed) * 1000,
    }


def macro_f1(pairs: Iterable[tuple[str, str]]) -> float:
    """The mean over intents of the harmonic mean of precision and recall."""
    expected: dict[str, int] = defaultdict(int)
    answered: dict[str, int] = defaultdict(int)
    right: dict[str, int] = defaultdict(int)
    for wanted, got in ((_one_name(first), _one_name(second)) for first, second in pairs):
        expected[wanted] += 1
        answered[got] += 1
        right[wanted] += wanted == got
    return mean(2 * right[name] / (expected[name] + answered[name]) for name in expected)


def entity_f1(parsed: Iterable[Parsed]) -> float:
    """An entity is right where kind, place and value are; of times, kind and place."""
    right = wanted = got = 0
    for one in parsed:
        expected = {
            (each.entity, each.start, each.end, _value(each.entity, each.value))
            for each in one.expected.entities
        }
        found = {
            (kind, start, end, _value(kind, value)) for kind, start, end, value in one.entities
        }
        right += len(expected & found)
        wanted += len(expected)
        got += len(found)
    return 2 * right / max(1, wanted + got)


def mistakes(parsed: Iterable[Parsed]) -> list[Parsed]:
    """The utterances whose intent was missed."""
    return [one for one in parsed if not _is_right(one)]


def _is_right(one: Parsed) -> bool:
    return _one_name(one.intent) == _one_name(one.expected.intent)


def _one_name(intent: str) -> str:
    return FALLBACK if intent in OUT_OF_SCOPE else intent


def _value(entity: str, value: str) -> str:
    return "" if entity == _VALUELESS else value


def _share(part: Sequence[object], whole: Sequence[object]) -> float:
    return len(part) / len(whole) if whole else 0.0
