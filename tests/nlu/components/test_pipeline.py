"""The whole pipeline, trained, stored, loaded and asked."""

import pytest

from tests.nlu.components.conftest import Parse


def test_a_slip_in_traditional_characters_is_understood(parse: Parse) -> None:
    assert parse("我的機分還有多少👍")["intent"]["name"] == "query_points"


def test_a_stored_model_answers_with_the_whole_ranking(parse: Parse) -> None:
    ranking = parse("查积分")["intent_ranking"]
    assert {ranked["name"] for ranked in ranking} >= {"query_points", "update_size"}


def test_entities_keep_the_offsets_and_text_as_sent(parse: Parse) -> None:
    text = "😀 我想穿大碼，謝謝"
    entities = parse(text)["entities"]
    assert [(text[one["start"] : one["end"]], one["value"]) for one in entities] == [("大碼", "L")]


@pytest.mark.parametrize(
    ("now", "yesterday"),
    [
        ("2026-03-12T14:00:00+08:00", "2026-03-11"),
        ("2026-03-12T17:00:00Z", "2026-03-12"),
        ("2026-03-12T14:00:00", "2026-03-11"),
    ],
)
def test_times_are_read_from_the_turns_own_clock(parse: Parse, now: str, yesterday: str) -> None:
    """In the store's time zone: five in the afternoon in London is the next day in Shanghai."""
    entities = parse("昨天的积分", now=now)["entities"]
    assert [one["value"] for one in entities] == [yesterday]


def test_the_role_reaches_the_pipeline(parse: Parse) -> None:
    """A customer is taken to mean the points of their own more than an assistant is."""

    def chance(role: str) -> float:
        ranking = parse("还有多少分", role)["intent_ranking"]
        return next(one["confidence"] for one in ranking if one["name"] == "query_points")

    assert chance("customer") > chance("admin") > chance("assistant")


@pytest.mark.parametrize("text", ["👍", "？", "😡😡", "\u200b"])
def test_a_text_without_words_is_survived(parse: Parse, text: str) -> None:
    assert parse(text)["intent"]["name"]
