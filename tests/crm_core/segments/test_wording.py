import pytest
from hypothesis import given, settings

from crm_core.segments import reading, shipped, wording
from crm_core.segments.rule import (
    All,
    Among,
    Any_,
    Comparison,
    Not,
    Number,
    Rule,
    Source,
    Tagged,
    from_json,
    to_json,
)
from crm_core.segments.schema import MOST_CONDITIONS, MOST_DEPTH, BadSegmentRule, checked
from tests.crm_core.segments.rules import leaves, named_leaves, nested, rules


@settings(max_examples=300, deadline=None)
@given(nested(leaves | named_leaves))
def test_what_is_said_of_a_rule_is_read_as_that_rule(rule: Rule) -> None:
    assert reading.parse(wording.render(rule)) == rule


@settings(max_examples=200, deadline=None)
@given(rules)
def test_every_rule_is_the_same_as_json_and_fits_the_schema(rule: Rule) -> None:
    assert checked(to_json(rule)) == rule


ASLEEP = Number(Source.FIGURE, "recency_days", Comparison.ABOVE, (30,))
DRESSES = Among("category", ("连衣裙",))
WORKING = Tagged(("职场女性",))


@pytest.mark.parametrize(
    ("rule", "said"),
    [
        (
            All((WORKING, DRESSES, ASLEEP)),
            "有标签「职场女性」，且偏好品类是「连衣裙」，且最近一次购买距今超过 30 天",
        ),
        (Any_((All((WORKING, DRESSES)), Not(ASLEEP))),
         "（有标签「职场女性」，且偏好品类是「连衣裙」），或不满足（最近一次购买距今超过 30 天）"),
        (from_json({"figure": "spent_fen", "within_days": 365, "from": 29990}),
         "近 365 天消费金额不少于 299.9 元"),
        (from_json({"event": "try_on", "since_last_order": True, "from": 1}),
         "上次购买后试穿不少于 1 次"),
        (from_json({"bought": {"style": ["通勤"], "category": ["风衣", "大衣"]},
                    "between": [2, 5]}),
         "购买品类为「风衣」或「大衣」、风格为「通勤」的商品在 2 件到 5 件之间"),
        (Not(WORKING), "没有标签「职场女性」"),
    ],
)  # fmt: skip
def test_rules_read_naturally(rule: Rule, said: str) -> None:
    assert wording.render(rule) == said
    assert reading.parse(said) == rule


@pytest.mark.parametrize(
    ("said", "same"),
    [
        ("最近一次购买距今超过30天", "最近一次购买距今超过 30 天"),
        ("（最近一次购买距今超过 ３０ 天）。", "最近一次购买距今超过 30 天"),
        ("有标签「a b」, 并且(已入会 或者 关注了公众号)",
         "有标签「a b」，且（已入会，或关注了公众号）"),
        ("已入会，关注了公众号", "已入会，且关注了公众号"),
        ("客单价不少于300", "客单价不少于 300 元"),
    ],
)  # fmt: skip
def test_people_may_write_it_a_little_otherwise(said: str, same: str) -> None:
    assert reading.parse(said) == reading.parse(same)


@pytest.mark.parametrize(
    ("said", "why"),
    [
        ("", "从「结尾」起"),
        ("已入会，且", "从「结尾」起"),
        ("已入会，且关注了公众号，或有购买记录", "请加括号"),
        ("已入会关注了公众号", "看不懂"),
        ("有标签怕冷", "名称要写在「」里"),
        ("最近一次购买距今超过很久", "这里应该是数字"),
        ("购买次数不少于 1.5 次", "整数"),
        ("客单价不少于 1.234 元", "看不懂"),
        ("（已入会", "这里应该是「）」"),
        ("客单价在 5 元到 3 元之间", "小一些"),
        ("近 30 天客单价不少于 3 元", "规则写得不对"),
        ("购买品类为「a」、品类为「b」的商品不少于 1 件", "说了两次"),
        ("近 9999 天试穿不少于 1 次", "规则写得不对"),
    ],
)
def test_what_is_not_understood_is_said_plainly(said: str, why: str) -> None:
    with pytest.raises(BadSegmentRule) as bad:
        reading.parse(said)
    assert why in str(bad.value.values["why"])


@pytest.mark.parametrize(
    "given_",
    [
        {}, [], "已入会", {"all": []}, {"all": [{"flag": "member"}]}, {"flag": "rich"},
        {"figure": "orders"}, {"figure": "orders", "from": -1}, {"figure": "orders", "from": 1.5},
        {"figure": "orders", "from": 1, "up_to": 3}, {"figure": "x", "from": 1},
        {"tag": []}, {"tag": ["a「"]}, {"tag": [" a"]}, {"tag": ["a", "a"]},
        {"flag": "member", "why": 1}, {"event": "try_on", "within_days": 3,
         "since_last_order": True, "from": 1}, {"not": {"not": {}}},
    ],
)  # fmt: skip
def test_what_does_not_fit_the_schema_is_no_rule(given_: object) -> None:
    with pytest.raises(BadSegmentRule):
        checked(given_)


def test_a_rule_has_bounds() -> None:
    deep: dict[str, object] = {"flag": "member"}
    for _ in range(MOST_DEPTH):
        deep = {"not": deep}
    wide = {"all": [{"any": [{"flag": "member"}] * (MOST_CONDITIONS // 2 + 1)}] * 2}
    for rule in (deep, wide):
        with pytest.raises(BadSegmentRule) as bad:
            checked(rule)
        assert "太复杂" in str(bad.value.values["why"])


def test_all_that_is_shipped_can_be_said() -> None:
    meant = [definition.rule for definition in shipped.segments().values()]
    for rule in [*meant, *shipped.stages().values(), *shipped.tags().values()]:
        assert reading.parse(wording.render(rule)) == rule
    assert set(shipped.life_cycle()) <= set(shipped.segments())
    assert len(shipped.stages()) == 5
