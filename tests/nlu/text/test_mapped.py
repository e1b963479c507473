"""A rewritten text answers where it came from."""

from hypothesis import given
from hypothesis import strategies as st

from nlu.text.mapped import MappedText


def test_a_text_is_its_own_source_at_first() -> None:
    text = MappedText.of("积分")
    assert text.source_span(0, 2) == (0, 2)


def test_a_replacement_of_the_same_length_keeps_each_character_in_its_place() -> None:
    text = MappedText.of("我的机分").replace([(2, 4, "积分")])
    assert text.text == "我的积分"
    assert text.source_span(3, 4) == (3, 4)


def test_a_shorter_replacement_stands_for_all_that_it_replaced() -> None:
    text = MappedText.of("查jifen吧").replace([(1, 6, "积分")])
    assert text.text == "查积分吧"
    assert text.source_span(1, 2) == (1, 6)
    assert text.source_span(3, 4) == (6, 7)


def test_a_dropped_character_leaves_the_others_where_they_were() -> None:
    text = MappedText.of("a👍b").map_chars(lambda char: "" if char == "👍" else char)
    assert text.text == "ab"
    assert text.source_span(0, 2) == (0, 3)


def test_a_character_that_grows_stands_for_itself_alone() -> None:
    text = MappedText.of("165㎝").map_chars(lambda char: "cm" if char == "㎝" else char)
    assert text.text == "165cm"
    assert text.source_span(3, 5) == (3, 4)


@given(st.text(), st.data())
def test_spans_stay_in_order_and_inside_the_source(source: str, data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(source)))
    end = data.draw(st.integers(start, len(source)))
    new = data.draw(st.text(max_size=5)) if end > start else ""
    text = MappedText.of(source).replace([(start, end, new)])
    assert len(text.spans) == len(text.text)
    assert all(0 <= first < last <= len(source) for first, last in text.spans)
    assert list(text.spans) == sorted(text.spans)
