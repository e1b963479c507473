import pytest

from actions.sizes_said import SizesSaid, sizes_said
from tests.actions.talk import a_turn


def read(text: str) -> SizesSaid:
    """The sentence with its entities in brackets: 「穿[M]，[牛仔裤|category]」."""
    return sizes_said(a_turn(text, default="size"))


@pytest.mark.parametrize(
    ("sentence", "meant"),
    [
        ("我平时穿[M]", {"": "M"}),
        ("我是[M]不是[L]", {"": "M"}),
        ("不是[L]是[M]", {"": "M"}),
        ("[M]扣不上，换[L]", {"": "L"}),
        ("[M码|M]，扣不上了，换[L]", {"": "L"}),
        ("换[L]吧，[M]扣不上", {"": "L"}),
        ("[L]太松，改回[M]", {"": "M"}),
        ("对我来说[L]太松，[M]刚好", {"": "M"}),
        ("尺码从[S]升到[L]", {"": "L"}),
        ("尺码改[M]变[S]", {"": "S"}),
        ("以前[L]，现在[XL]", {"": "XL"}),
        ("比以前胖了，穿[XL]不是[L]", {"": "XL"}),
        ("别给我记[M]了，撑得慌，[L]才行", {"": "L"}),
        ("我在别家都穿[M]，到你们这儿得[L]，就记[L]吧", {"": "L"}),
        ("之前登记的[S]穿不下了，给换成[M]吧", {"": "M"}),
        ("之前记的是[L]", {"": "L"}),
        ("怀孕了肚子大，先按[XL]记着，等生了再改回来", {"": "XL"}),
        ("[M]穿不下了", {}),
        ("我要大", {}),
    ],
)
def test_the_one_that_is_meant(sentence: str, meant: dict[str, str]) -> None:
    assert read(sentence) == SizesSaid(meant)


@pytest.mark.parametrize(
    ("sentence", "meant"),
    [
        ("上衣穿[XL]，[牛仔裤|category]穿[31]", {"上装": "XL", "牛仔裤": "31"}),
        ("上半身[S]下半身[M]", {"上装": "S", "裤装": "M"}),
        ("[牛仔裤|category]穿[31]，平时[M]", {"牛仔裤": "31", "": "M"}),
        ("[衬衫|category]从[39]换到[41]，其他的码不用动", {"衬衫": "41"}),
        ("[S]的[连衣裙|category]，[L]的[大衣|category]", {"连衣裙": "S", "大衣": "L"}),
        ("最近买的[牛仔裤|category]太紧了，换成[30]", {"牛仔裤": "30"}),
        ("上次的[大衣|category]不错，尺码改[M]", {"": "M"}),
        ("[羽绒服|category]我要穿[大一码|+1]，里面好套[毛衣|category]", {"羽绒服": "+1"}),
        ("[女儿|family_member]穿[130]码", {"女儿": "130"}),
        ("[女儿|family_member]的[牛仔裤|category]穿[130]", {"女儿牛仔裤": "130"}),
        ("[女儿|family_member]说我穿[M]", {"": "M"}),
    ],
)
def test_what_it_is_for(sentence: str, meant: dict[str, str]) -> None:
    assert read(sentence) == SizesSaid(meant)


@pytest.mark.parametrize(
    ("sentence", "meant"),
    [
        ("改[大一号|+1]", "+1"),
        ("[M]扣不上，换[大一号|+1]", "M+1"),
        ("我在别家穿[M]，到你们这儿[小一号|-1]", "M-1"),
    ],
)
def test_a_relative_one_starts_from_what_was_just_said(sentence: str, meant: str) -> None:
    assert read(sentence).meant == {"": meant}


@pytest.mark.parametrize("sentence", ["[M]跟[L]我都穿", "[M]或者[L]", "[M码|M]、[L码|L]"])
def test_two_side_by_side_are_to_be_asked(sentence: str) -> None:
    assert read(sentence) == SizesSaid({}, {"": ["M", "L"]})
