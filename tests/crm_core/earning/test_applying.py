from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crm_core.earning import definition
from crm_core.earning.applying import Deed, Line, Rule, shares
from crm_core.earning.definition import BadEarningRule, Trigger

BOUGHT = Deed(
    on=Trigger.PURCHASE,
    day=date(2026, 11, 11),
    tier="银卡",
    birth_month=5,
    store="S1",
    total_fen=30000,
    lines=(Line(20000, "A1", "大衣"), Line(20000, "A2", "毛衣")),
)
VOTED = Deed(on=Trigger.VOTE, day=date(2026, 11, 11), tier="银卡", birth_month=None)


def a_rule(**said: Any) -> Rule:
    return Rule("规则", definition.read({"on": "purchase"} | said))


def total(deed: Deed, *rules: Rule, base: int = 1) -> int:
    return sum(share.points for share in shares(deed, rules, base=Decimal(base)))


@pytest.mark.parametrize(
    ("said", "points"),
    [
        ({"times": 2}, 600),
        ({"times": 1.5}, 450),
        ({"per_yuan": 3}, 900),
        ({"points": 88}, 388),
        ({"times": 2, "since": "2026-11-11", "until": "2026-11-11"}, 600),
        ({"times": 2, "since": "2026-11-12"}, 300),
        ({"times": 2, "until": "2026-11-10"}, 300),
        ({"times": 2, "stores": ["S1"]}, 600),
        ({"times": 2, "stores": ["S2", "online"]}, 300),
        ({"times": 2, "tiers": ["银卡"]}, 600),
        ({"times": 2, "tiers": ["金卡"]}, 300),
        ({"times": 2, "products": ["A1"]}, 450),
        ({"times": 2, "categories": ["大衣", "毛衣"]}, 600),
        ({"points": 10, "categories": ["鞋"]}, 300),
        ({"points": 10, "at_least_fen": 30000}, 310),
        ({"points": 10, "at_least_fen": 30001}, 300),
        ({"times": 2, "birthday_month": True}, 300),
    ],
)
def test_a_rule_adds_to_what_a_yuan_earns(said: dict[str, Any], points: int) -> None:
    assert total(BOUGHT, a_rule(**said)) == points


def test_in_the_birthday_month() -> None:
    double = a_rule(times=2, birthday_month=True)
    assert total(replace(BOUGHT, birth_month=11), double) == 600
    assert total(replace(BOUGHT, birth_month=None), double) == 300


def test_of_rules_that_do_not_stack_the_best_counts_and_those_that_do_add_up() -> None:
    rules = a_rule(times=2), a_rule(times=3), a_rule(points=7, stacks=True)
    assert total(BOUGHT, *rules) == 300 + 600 + 7


def test_a_vote_has_rules_of_its_own() -> None:
    double = Rule("双倍", definition.read({"on": "vote", "times": 2}))
    assert total(VOTED, double, a_rule(points=9), base=50) == 100


def test_a_task_earns_what_its_rule_says_and_nothing_else() -> None:
    deed = replace(VOTED, on=Trigger.TASK, task="profile")
    rule = Rule("完善资料", definition.read({"on": "task", "task": "profile", "points": 30}))
    assert total(deed, rule, base=0) == 30
    assert total(replace(deed, task="other"), rule, base=0) == 0


def test_online_is_a_store_by_name() -> None:
    assert total(replace(BOUGHT, store="online"), a_rule(times=2, stores=["online"])) == 600


@pytest.mark.parametrize(
    "nonsense",
    [
        {"on": "purchase"},
        {"on": "purchase", "times": 2, "points": 1},
        {"on": "purchase", "times": 1},
        {"on": "purchase", "points": 0},
        {"on": "purchase", "points": 1, "task": "x"},
        {"on": "purchase", "points": 1, "since": "2026-02-01", "until": "2026-01-31"},
        {"on": "vote", "per_yuan": 1},
        {"on": "vote", "points": 1, "categories": ["x"]},
        {"on": "vote", "points": 1, "at_least_fen": 1},
        {"on": "task", "points": 1},
        {"on": "task", "task": "x", "times": 2},
        {"on": "sneeze", "points": 1},
        {"on": "vote", "points": 1, "weather": "rain"},
    ],
)
def test_a_rule_that_makes_no_sense_is_refused(nonsense: dict[str, Any]) -> None:
    with pytest.raises(BadEarningRule):
        definition.read(nonsense)


@given(
    total_fen=st.integers(0, 10**7),
    times=st.decimals("1.01", 10, places=2),
    per_yuan=st.integers(0, 9),
)
def test_a_multiplier_never_gives_more_than_its_share(
    total_fen: int, times: Decimal, per_yuan: int
) -> None:
    deed = replace(BOUGHT, total_fen=total_fen, lines=())
    got = total(deed, a_rule(times=str(times)), base=per_yuan)
    exact = total_fen * per_yuan * times / 100
    assert exact - 2 < got <= exact
