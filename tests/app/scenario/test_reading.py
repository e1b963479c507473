"""A mistake in a scenario is told with its line, before anything runs."""

from pathlib import Path

import pytest

from app.scenario.reading import BadScenario, parse, read
from crm_core.customers.models import Tier

SMALL = """\
given:
  stores:
    - {name: 万达店, hours: 10:00-22:00}
  staff:
    - {name: 陈静, store: 万达店}
  products:
    - {article_no: A2031, name: 羊毛大衣, category: 大衣, price: 1599.5, sizes: [38, M]}
  customers:
    - name: 林晓月
      phone: 13812345678
      assistant: 陈静
      tier: 银卡
      points: 320
turns:
  - user: 我有多少积分
    expect:
      intent: query_points
      state: {points: 320, 陈静: {follow_ups: 0}}
"""


def mistakes(text: str) -> list[str]:
    with pytest.raises(BadScenario) as caught:
        parse(text, "s.yml")
    return str(caught.value).splitlines()


def changed(old: str, new: str) -> str:
    assert old in SMALL
    return SMALL.replace(old, new)


def test_a_small_scenario_is_read() -> None:
    scenario = parse(SMALL, "s.yml").scenario
    (customer,) = scenario.given.customers
    assert (customer.phone, customer.tier) == ("+8613812345678", Tier.SILVER)
    assert [m.points for m in customer.points or ()] == [320]
    assert scenario.given.products[0].price_fen == 159950
    assert scenario.given.products[0].sizes == ("38", "M")
    assert scenario.given.stores[0].hours == "10:00-22:00"
    assert scenario.turns[0].expect.intent == ("query_points",)


def test_every_part_knows_its_line() -> None:
    found = parse(SMALL, "s.yml")
    assert found.where(("turns", 0)) == "s.yml:15"
    assert found.where(("given", "customers", 0, "points", 0, "at")) == "s.yml:13"


@pytest.mark.parametrize(
    ("old", "new", "mistake"),
    [
        ("tier: 银卡", "teir: 银卡", "s.yml:12: given.customers[0].teir: 「teir」 is no key here"),
        ("tier: 银卡", "tier: 钻石", "s.yml:12: given.customers[0].tier: Input should be"),
        ("13812345678", "1381234", "s.yml:10: given.customers[0].phone: no phone number"),
        ("points: 320", "points: many", "s.yml:13: given.customers[0].points: "),
        ("price: 1599.5", "price: 1599.555", "s.yml:7: given.products[0].price: say an amount"),
        ("name: 陈静, store", "name: 陈静, role: boss, store", "s.yml:5: given.staff[0].role: "),
        (
            "assistant: 陈静",
            "assistant: 陈景",
            "s.yml:11: given.customers[0].assistant: there is no",
        ),
        ("store: 万达店", "store: 百联店", "s.yml:5: given.staff[0].store: there is no store"),
        (
            "state: {points:",
            "state: {pionts:",
            "s.yml:18: turns[0].expect.state.pionts: 「pionts」",
        ),
        (
            "{follow_ups:",
            "{calls:",
            "s.yml:18: turns[0].expect.state.陈静.calls: 「calls」 is no fact",
        ),
        (
            "- user: 我有多少积分",
            "- say: 我有多少积分",
            "s.yml:15: turns[0].say: 「say」 is no key",
        ),
        ("- user: 我有多少积分", "- note: 没有人说话", "s.yml:15: turns[0]: a turn needs one of"),
        ("    expect:", "    as: 王丽\n    expect:", "s.yml:16: turns[0].as: there is no person"),
        ("    expect:", "    scan: s1\n    expect:", "s.yml:15: turns[0]: one thing a turn"),
        (
            "    expect:",
            "    after: 20\n    expect:",
            "s.yml:16: turns[0].after: 「20」 is no length",
        ),
        ("    expect:", "    after: 2mo\n    expect:", "s.yml:16: turns[0].after: the clock moves"),
        ("given:", "clock: 昨天\ngiven:", "s.yml:1: clock: say an ISO time"),
        (
            "  staff:",
            "    - {name: 乙, code: 万达店}\n  staff:",
            "s.yml:3: given.stores[0]: there are two",
        ),
        ("  staff:", "  staff: []\n  staff:", "s.yml:5: 「staff」 stands twice"),
        (
            "  staff:",
            "  rules: {points.per_mile: 1}\n  staff:",
            "s.yml:4: given.rules.points.per_mile",
        ),
    ],
)
def test_a_mistake_is_told_with_its_line(old: str, new: str, mistake: str) -> None:
    assert mistakes(changed(old, new))[0].startswith(mistake)


@pytest.mark.parametrize(
    "key", ["stock", "rewards", "coupons", "appointments", "visits", "returns"]
)
def test_what_the_core_cannot_keep_yet_is_refused_by_name(key: str) -> None:
    (told,) = mistakes(changed("  staff:", f"  {key}: []\n  staff:"))
    assert told == (
        f"s.yml:4: given.{key}: 「{key}」 cannot be stated yet: this release keeps no {key}"
    )


def test_a_customers_family_cannot_be_stated_yet() -> None:
    (told,) = mistakes(changed("      tier: 银卡", "      family: {女儿: 110}"))
    assert "s.yml:12: given.customers[0].family: 「family」 cannot be stated yet" in told


def test_all_mistakes_are_told_in_the_order_of_their_lines() -> None:
    wrong = SMALL.replace("13812345678", "1").replace("price: 1599.5", "price: cheap")
    assert [told.split(":")[1] for told in mistakes(wrong)] == ["7", "10"]


def test_two_customers_of_one_name_are_told_apart_by_phone() -> None:
    second = "    - {name: 林晓月, phone: 13900005678}\nturns:"
    two = changed("turns:", second)
    assert "there are 2 called 「林晓月」" in mistakes(f"as: 林晓月\n{two}")[0]
    assert parse(f"as: 13900005678\n{two}", "s.yml").scenario.sender == "13900005678"


def test_a_poll_takes_votes_of_its_options_by_customers_of_the_file() -> None:
    poll = "  polls:\n    - {title: 选哪件, options: [风衣, 大衣], votes: %s}\nturns:"
    good = changed("turns:", poll % "{风衣: [林晓月], 大衣: 12}")
    votes = parse(good, "s.yml").scenario.given.polls[0].votes
    assert (votes["风衣"].names, votes["大衣"].anonymous) == (("林晓月",), 12)
    assert "no option 「裙子」" in mistakes(changed("turns:", poll % "{裙子: 3}"))[0]
    assert "no customer 「王丽」" in mistakes(changed("turns:", poll % "{风衣: [王丽]}"))[0]


@pytest.mark.parametrize(
    ("text", "mistake"),
    [
        ("given: [", "s.yml:2: did not find expected node content"),
        ("given: {a: &x [*x]}", "s.yml:1: a part contains itself"),
        ("given: !!python/object:os.system {}", "s.yml:1: python/object:os.system is no tag"),
        ("given: !secret x", "s.yml:1: !secret is no tag"),
        ("given: !!int many", "s.yml:1: 「many」 is no int"),
        ("given: {? [a]: b}", "s.yml:1: a key must be a word"),
        ("", "s.yml:1: the file: "),
        ("- given", "s.yml:1: the file: "),
        ("turns: []", "s.yml:1: given: Field required"),
    ],
)
def test_what_is_no_scenario_at_all_is_told(text: str, mistake: str) -> None:
    assert mistakes(text)[0].startswith(mistake)


def test_an_order_needs_a_price_from_somewhere() -> None:
    order = "  orders:\n    - {customer: 林晓月, lines: [{product: 裙子}]}\nturns:"
    assert mistakes(changed("turns:", order))[0].startswith(
        "s.yml:15: given.orders[0].lines[0]: no price, and no product 「裙子」"
    )
    assert (
        "needs lines or a total"
        in mistakes(changed("turns:", order.replace("[{product: 裙子}]", "[]")))[0]
    )


def test_a_file_that_cannot_be_read_is_told(tmp_path: Path) -> None:
    with pytest.raises(BadScenario, match="No such file"):
        read(tmp_path / "nowhere.yml")
    (tmp_path / "latin.yml").write_bytes(b"\xff")
    with pytest.raises(BadScenario, match="is no UTF-8"):
        read(tmp_path / "latin.yml")
