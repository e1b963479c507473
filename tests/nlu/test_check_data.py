"""The check finds what would teach the model nonsense."""

from pathlib import Path

import pytest

from nlu.check_data import all_mistakes
from nlu.corpus import DATA, HELD_OUT, UnreadableExample, read

# Enough of them, all different, so that only what a test adds can be wrong.
PLENTY = [f"查积分第{number}遍" for number in range(40)]


def mistakes_with(folder: Path, *examples: str, intent: str = "query_points") -> list[str]:
    (folder / "plenty.yml").write_text(_yaml("query_points", PLENTY), "utf-8")
    (folder / "more.yml").write_text(_yaml(intent, [*examples, *_others(intent)]), "utf-8")
    return all_mistakes(read(folder), [])


def _yaml(intent: str, examples: list[str]) -> str:
    lines = "".join(f"      - {example}\n" for example in examples)
    return f'version: "3.1"\nnlu:\n  - intent: {intent}\n    examples: |\n{lines}'


def _others(intent: str) -> list[str]:
    return [] if intent == "query_points" else [f"{intent} {number}" for number in range(40)]


def test_good_data_have_no_mistakes(tmp_path: Path) -> None:
    assert mistakes_with(tmp_path, '[三百积分]{"entity": "amount", "value": "300"}还在吗') == []


@pytest.mark.parametrize(
    ("example", "mistake"),
    [
        ('[三百]{"entity": "sum", "value": "300"}积分', "no such entity: sum"),
        ('[三百]{"entity": "amount", "value": 300}积分', "the value of [三百] is no string"),
        ('[三百 ]{"entity": "amount"}积分', "begins or ends with a blank"),
        ('[三百]{"entity": "amount", "unit": "分"}', "more than entity and value"),
        ("[三百]积分", "[三百] has no braces behind it"),
        ("查积分第1遍", "is there twice"),
    ],
)
def test_a_mistake_is_named_with_its_place(tmp_path: Path, example: str, mistake: str) -> None:
    found = mistakes_with(tmp_path, example)
    assert any(mistake in one for one in found)
    assert any("more.yml:" in one or "plenty.yml:" in one for one in found)


def test_braces_that_are_no_json_are_refused_with_their_place(tmp_path: Path) -> None:
    with pytest.raises(UnreadableExample, match=r"more\.yml:5"):
        mistakes_with(tmp_path, '[三百]{"entity": "amount", value: 300}积分')


def test_one_text_of_two_intents_clashes_where_one_person_may_mean_both(tmp_path: Path) -> None:
    clash = mistakes_with(tmp_path, PLENTY[0], intent="query_profile")
    assert any("also" in one for one in clash)


def test_one_text_of_two_roles_is_told_apart_by_the_role(tmp_path: Path) -> None:
    assert mistakes_with(tmp_path, PLENTY[0], intent="lookup_points") == []


def test_an_intent_that_no_role_has_is_a_mistake(tmp_path: Path) -> None:
    assert any(
        "no role has" in one for one in mistakes_with(tmp_path, "喂", intent="query_weather")
    )


def test_too_few_examples_are_a_mistake(tmp_path: Path) -> None:
    (tmp_path / "few.yml").write_text(_yaml("greet", ["你好"]), "utf-8")
    assert all_mistakes(read(tmp_path), []) == ["greet: 1 examples, 40 are needed"]


def test_the_shops_own_data_have_no_mistakes() -> None:
    assert all_mistakes(read(DATA), read(HELD_OUT)) == []
