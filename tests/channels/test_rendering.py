from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from channels.rendering import MOST_TEXT_BYTES, clean, cut, parts, text_of


def test_replies_are_joined_and_buttons_numbered() -> None:
    replies: list[dict[str, Any]] = [
        {"text": "您好", "buttons": [{"title": "查积分"}, {"title": "投诉"}]},
        {"text": "", "image": "https://example.com/1.png"},
        {"text": None},
    ]
    assert text_of(replies) == "您好\n1. 查积分\n2. 投诉\n\nhttps://example.com/1.png"


def test_control_characters_and_the_end_of_a_cdata_section_are_taken_out() -> None:
    assert clean("a\x00b]]>c\nd") == "ab]] >c\nd"


@given(st.text(), st.integers(10, 60))
def test_a_cut_text_fits_and_is_a_beginning(text: str, most: int) -> None:
    made = cut(text, most)
    assert len(made.encode()) <= most
    assert made == text or text.startswith(made.removesuffix("…"))


@given(st.text(st.characters(codec="utf-8", exclude_characters="\n")))
def test_parts_of_a_text_without_lines_lose_nothing_that_fits(text: str) -> None:
    made = parts(text, 30, 4)
    assert all(len(part.encode()) <= 30 for part in made)
    if len(text.encode()) <= 90:
        assert "".join(made) == text


def test_parts_end_at_lines() -> None:
    lines = "\n".join(f"第{n}行" + "长" * 100 for n in range(30))
    made = parts(lines)
    assert all(len(part.encode()) <= MOST_TEXT_BYTES for part in made)
    assert "\n".join(made) == lines
