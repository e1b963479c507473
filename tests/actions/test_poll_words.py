import pytest
from hypothesis import given
from hypothesis import strategies as st

from actions.poll_words import Draft, read, split_loosely


@pytest.mark.parametrize(
    ("said", "title", "options"),
    [
        ("发起一个投票：通勤风衣还是法式大衣", "通勤风衣还是法式大衣", ["通勤风衣", "法式大衣"]),
        ("搞一个米白vs酒红的投票", "米白、酒红，选哪个？", ["米白", "酒红"]),
        ("弄一个投票让顾客选连衣裙和西装", "连衣裙、西装，选哪个？", ["连衣裙", "西装"]),
        ("投票主题：开春先买啥，风衣/毛衣/T恤", "开春先买啥", ["风衣", "毛衣", "T恤"]),
        ("建投票，周五截止，羽绒服长款还是短款", "羽绒服长款还是短款", ["羽绒服长款", "短款"]),
        (
            "客人老纠结藏青还是灰色，你帮我发起个投票看看大家怎么选",
            "藏青、灰色，选哪个？",
            ["藏青", "灰色"],
        ),
        (
            "请新增一个投票活动，题目是最想要的连衣裙颜色，选项米白、酒红、藏青",
            "最想要的连衣裙颜色",
            ["米白", "酒红", "藏青"],
        ),
        ("setup poll：白色T恤，黑色T恤", "白色T恤、黑色T恤，选哪个？", ["白色T恤", "黑色T恤"]),
        (
            "PK一下，卡其风衣对黑色风衣，做个投票",
            "卡其风衣、黑色风衣，选哪个？",
            ["卡其风衣", "黑色风衣"],
        ),
        (
            "投票标题写你最爱哪种风格，国风、极简、运动三个选项",
            "你最爱哪种风格",
            ["国风", "极简", "运动"],
        ),
        ("发起投票，题目是上新", "上新", []),
        ("发起投票", "", []),
        ("我要开投票", "", []),
        ("再来一个投票，这回比衬衫", "", []),
    ],
)
def test_a_sentence_says_what_it_says(said: str, title: str, options: list[str]) -> None:
    assert read(said) == Draft(title, options)


@pytest.mark.parametrize(
    ("said", "options"),
    [
        ("红色、黑色、白色", ["红色", "黑色", "白色"]),
        ("1. 红色\n2. 黑色", ["红色", "黑色"]),
        ("A.红色 B.黑色", ["红色", "黑色"]),
        ("红色，黑色", ["红色", "黑色"]),
        ("红色和黑色", ["红色", "黑色"]),
        ("红裙子、黑大衣和白衬衫", ["红裙子", "黑大衣", "白衬衫"]),
        ("红色、红色、黑色", ["红色", "黑色"]),
        ("红色", ["红色"]),
    ],
)
def test_an_answer_lists_options(said: str, options: list[str]) -> None:
    assert split_loosely(said) == options


@given(st.text(alphabet="发起投票：，。、还是和红黑 A1vs?？\n题目", max_size=60))
def test_whatever_is_said_options_differ_and_are_not_empty(said: str) -> None:
    draft = read(said)
    assert len(set(draft.options)) == len(draft.options) != 1
    assert all(option.strip() for option in draft.options)
    assert bool(draft.title) or not draft.options
