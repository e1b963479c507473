import pytest

from actions.styles_said import StylesSaid, styles_said
from tests.actions.talk import a_turn


def read(text: str) -> StylesSaid:
    return styles_said(a_turn(text, default="style"))


@pytest.mark.parametrize(
    ("sentence", "liked", "disliked"),
    [
        ("我平时穿M，喜欢[法式]和[通勤]", ["法式", "通勤"], []),
        ("特别喜欢[法式]", ["法式"], []),
        ("不是[甜美]，应该是[通勤]", ["通勤"], ["甜美"]),
        ("从[复古]到[极简]", ["极简"], ["复古"]),
        ("对[潮牌]没兴趣，去掉", [], ["潮牌"]),
        ("删掉[国风]那个", [], ["国风"]),
        ("再加一个[国风]，之前的别删", ["国风"], []),
        ("[通勤]跟[休闲]都要，[甜美]去掉", ["通勤", "休闲"], ["甜美"]),
        ("就要[法式]，不再要[甜美]", ["法式"], ["甜美"]),
        ("年纪大了穿不了[潮牌]，给我换成[极简]", ["极简"], ["潮牌"]),
        ("导购老是拿[甜美]的裙装给我试，其实我偏好[法式]", ["法式"], ["甜美"]),
        ("别再给我归到[休闲]里头了，我只穿[通勤]", ["通勤"], ["休闲"]),
        ("我要换风格，不想再是[通勤]风了", [], ["通勤"]),
        ("改风格", [], []),
    ],
)
def test_what_is_liked_and_what_not(sentence: str, liked: list[str], disliked: list[str]) -> None:
    said = read(sentence)
    assert (said.liked, said.disliked) == (liked, disliked)


@pytest.mark.parametrize(
    ("sentence", "only"),
    [
        ("风格偏好改成[通勤]", True),
        ("我只穿[通勤]", True),
        ("我喜欢[通勤]", False),
        ("再加一个[通勤]，改改资料", False),
        ("不要[甜美]，换[通勤]", False),
    ],
)
def test_whether_it_takes_the_place_of_all_others(sentence: str, only: bool) -> None:
    assert read(sentence).only is only
