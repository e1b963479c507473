"""docs/scenarios.md names what there is, and its example is a scenario."""

import re
from pathlib import Path

import pytest

from app.scenario import facts, given, people, script
from app.scenario.part import Part
from app.scenario.reading import parse

DOCS = (Path(__file__).parents[3] / "docs" / "scenarios.md").read_text(encoding="utf-8")
PARTS = [
    given.Given,
    given.ProductGiven,
    given.Line,
    given.OrderGiven,
    given.PollOptionGiven,
    given.PollGiven,
    given.ArticleGiven,
    given.RatingGiven,
    given.FollowUpGiven,
    given.TryOnGiven,
    given.AlertGiven,
    given.ComplaintGiven,
    people.StoreGiven,
    people.StaffGiven,
    people.CustomerGiven,
    people.Movement,
    people.Spending,
    people.IdentityGiven,
    people.Visitor,
    script.TurnGiven,
    script.Expected,
    script.Pushed,
]


def test_the_example_is_a_scenario() -> None:
    example = re.search(r"```yaml\n(.*?)```", DOCS, re.DOTALL)
    assert example is not None
    assert len(parse(example[1], "docs").scenario.turns) == 4


@pytest.mark.parametrize("part", PARTS)
def test_every_key_is_documented(part: type[Part]) -> None:
    keys = {field.alias or name for name, field in part.model_fields.items()}
    assert {key for key in keys if f"`{key}`" not in DOCS and f"`{key} (" not in DOCS} == set()


def test_every_fact_is_documented() -> None:
    assert {name for name in facts.NAMES if f"`{name}`" not in DOCS} == set()


def test_what_is_to_come_is_documented() -> None:
    named = given.Given.TO_COME | people.CustomerGiven.TO_COME
    assert {key for key in named if f"`{key}`" not in DOCS} == set()
