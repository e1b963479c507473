"""The same words mean something in one intent and nothing in another."""

from tests.nlu.entities.finding import entities, values


def test_a_kind_of_complaint_counts_in_a_complaint_only() -> None:
    assert values("快递太慢了我要投诉", "complaint_type", "file_complaint") == ["物流"]
    assert values("快递什么时候能送到呢", "complaint_type", "query_delivery") == []


def test_a_bare_answer_is_taken_whatever_the_intent() -> None:
    assert values("物流", "complaint_type", "chitchat") == ["物流"]


def test_closing_a_poll_is_no_action_on_an_alert() -> None:
    assert values("把这个投票关掉不要了", "action", "close_poll") == []
    assert values("把这个预警关掉不要了", "action", "handle_alert") == ["关闭"]


def test_a_bare_number_is_what_the_intent_asks_for() -> None:
    assert values("2", "option", "select_option") == ["2"]
    assert values("5，没毛病", "score", "rate_service") == ["5"]
    assert values("尺码那栏重填，27", "size", "update_size") == ["27"]
    assert entities("27", "query_points") == []


def test_the_longest_of_overlapping_finds_stands() -> None:
    assert entities("羊毛双面呢大衣") == [("product", "羊毛双面呢大衣", "羊毛双面呢大衣")]
    assert entities("50元券") == [("reward", "50元券", "50元券")]


def test_ten_or_fewer_points_are_a_mark_and_more_an_amount() -> None:
    assert values("5分", "score") == ["5"]
    assert values("50分", "amount") == ["50"]
