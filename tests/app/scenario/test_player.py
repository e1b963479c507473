"""What people do reaches the gateway as the platforms bring it, and what the phones show counts.

All scenarios of this file are played once, on one stage; each test looks at how one of them went.
"""

from pathlib import Path

import pytest

from app.scenario.player import play
from app.scenario.reading import parse
from app.scenario.stage import stage
from tests.app.scenario import rasa
from tests.serving import served

GIVEN = """\
clock: 2026-03-12 14:00
given:
  stores: [{name: 万达店}]
  staff: [{name: 陈静, store: 万达店}]
  customers: [{name: 林晓月, phone: 13812345678, assistant: 陈静, points: 320}]
  visitors: [{name: 小周}, {name: 路人, wecom: stranger}]
  follow_ups: [{customer: 林晓月, what: 问大衣, due: +3d}]
turns:
"""
TURNS = {
    "a text": """
  - user: 你好
    expect:
      intent: [greet, goodbye]
      contains_all: [customer说你好, 好的]
      contains_any: [您, 说]
      not_contains: [陈静]
      pushed: [{to: 陈静, silent: true}]
      state: {points: 320, inbound: 1, 林晓月: {points_history: [320]}}
""",
    "all wrong": """
  - user: 你好
    expect:
      intent: query_points
      contains_all: [您好, 你好]
      contains_any: [早, 晚]
      not_contains: [你好]
      silent: true
      pushed: [{to: 陈静, contains_all: [x]}]
      state: {points: 5, 陈静: {points: 3}}
""",
    "everything else": """
  - {voice: 我有多少积分, expect: {contains_all: [我有多少积分]}}
  - {voice: "", expect: {intent: media_received}}
  - {image: "http://x/1.jpg", expect: {intent: media_received}}
  - {location: 人民路, expect: {intent: media_received}}
  - {link: "http://x/y", expect: {intent: media_received}}
  - {click: "intent:query_points", expect: {intent: query_points}}
  - {scan: store-1, expect: {intent: subscribed}}
  - {subscribe: true, as: 小周, expect: {intent: subscribed, state: {member: false}}}
  - {unsubscribe: true, expect: {silent: true, intent: nothing, state: {following: false}}}
  - {subscribe: scene-1, expect: {contains_all: [subscribed], state: {following: true}}}
  - {user: 查顾客, as: 陈静, expect: {contains_all: [assistant说查顾客]}}
  - {enter: true, as: 陈静, expect: {silent: true}}
  - {user: 喂, as: 路人, expect: {contains_all: [还没有登记为店铺员工], intent: nothing}}
""",
    "a repeat": """
  - {user: 你好, message_id: "77", expect: {intent: greet, state: {inbound: 1}}}
  - {user: 你好, message_id: "77", expect: {intent: greet, silent: true, state: {inbound: 1}}}
""",
    "time": """
  - {after: 2d, expect: {silent: true, pushed: [{to: 陈静, silent: true}]}}
  - {after: 24h, as: 陈静, expect: {contains_all: [林晓月, 问大衣], state: {sent: {service: 1}}}}
  - {user: 好, after: 1d, expect: {pushed: [{to: 陈静, contains_all: [已过期]}]}}
""",
    "late": """
  - {user: 慢, expect: {contains_all: [customer说慢], state: {sent: {reply: 1}}}}
""",
    "broken": """
  - {user: 坏, expect: {contains_all: [抱歉], intent: nothing}}
""",
    "an operator": """
  - command: rule set points.vote 60
  - command: rule list
    expect: {contains_all: ["points.vote: 60"], state: {林晓月: {points: 320}}}
  - command: rule set points.nothing 60
""",
    "not possible": """
  - {tap: 受理, as: 陈静}
  - {user: 你好, as: 路人, channel: oa}
  - {subscribe: true, as: 陈静}
""",
    "cannot happen": "  - {user: 你好}\n",
}
SENT_TWICE = GIVEN.replace("points: 320", "points: [{points: -5, why: reward}]")


@pytest.fixture(scope="module")
def failures(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[str]]:
    """What failed, by scenario."""
    logs: Path = tmp_path_factory.mktemp("logs")
    with served(rasa.app()) as url, stage(logs, rasa_url=url) as ready:
        played = {}
        for name, turns in TURNS.items():
            given = SENT_TWICE if name == "cannot happen" else GIVEN
            turn_by_turn = play(ready, parse(given + turns, f"{name}.yml"))
            played[name] = [turn.failure for turn in turn_by_turn if turn.wrong]
    return played


@pytest.mark.parametrize(
    "name", ["a text", "everything else", "a repeat", "time", "late", "broken"]
)
def test_what_is_expected_and_comes_passes(failures: dict[str, list[str]], name: str) -> None:
    assert failures[name] == []


def test_every_mismatch_is_told_in_one_line_of_its_turn(failures: dict[str, list[str]]) -> None:
    (told,) = failures["all wrong"]
    place, turn, wrong = told.split(": ", 2)
    assert (place, turn) == ("all wrong.yml:10", "turn 1, 林晓月 「你好」")
    wanted = "nothing and 「您好」 and one of 「早」「晚」 and no 「你好」"
    assert wrong.split("; ") == [
        "expected the intent query_points, came greet",
        f"expected {wanted}, came 「customer说你好 / 1. 好的」",
        "to 陈静: expected a message, came nothing",
        "expected points 5, found 320",
        "points of whom? Name a customer, and the fact below",
    ]


def test_an_operator_is_told_why_a_command_failed(failures: dict[str, list[str]]) -> None:
    (told,) = failures["an operator"]
    assert told.startswith("an operator.yml:13: turn 3, dianyu 「command rule set points.nothing 6")
    assert "points.nothing" in told.partition("」: ")[2]


def test_what_somebody_cannot_do_is_told(failures: dict[str, list[str]]) -> None:
    tapped, wrote, followed = failures["not possible"]
    assert "nothing on this phone has the button 「受理」" in tapped
    assert "no_identity_there" in wrote
    assert "the phone answers" in followed


def test_a_given_that_cannot_be_is_told_and_nothing_is_played(
    failures: dict[str, list[str]],
) -> None:
    (told,) = failures["cannot happen"]
    assert told.startswith("cannot happen.yml:5: given: this cannot have happened (insufficient")
