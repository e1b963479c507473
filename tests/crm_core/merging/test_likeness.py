"""What speaks for and against that two records are one person."""

import pytest

from crm_core.merging import likeness, signs
from crm_core.merging.signs import Sign, compare

BASE = signs.known(1, "王晓梅", ["+8613812345678"], "1992-05-04", "徐汇区天钥桥路100号3幢502室")


def like(**other: str | None) -> signs.Signs:
    said: dict[str, str | None] = {
        "name": "王晓梅",
        "phone": "+8613812345678",
        "birthday": "1992-05-04",
        "address": "天钥桥路100号3栋502",
    }
    said |= other
    second = signs.known(2, said["name"], [said["phone"]], said["birthday"], said["address"])
    return compare(BASE, second)


@pytest.mark.parametrize(
    ("phone", "sign"),
    [
        ("+8613812345678", Sign.SAME),
        ("+8613812345679", Sign.ALIKE),
        ("+8613812345687", Sign.ALIKE),
        ("+8613812345099", Sign.OTHER),
        (None, Sign.UNKNOWN),
    ],
)
def test_phones(phone: str | None, sign: Sign) -> None:
    assert like(phone=phone).phone is sign


@pytest.mark.parametrize(
    ("name", "sign"),
    [
        ("王晓梅", Sign.SAME),
        ("晓梅王", Sign.MIXED),
        ("王小梅", Sign.ALIKE),
        ("王梅", Sign.ALIKE),
        ("李晓梅", Sign.OTHER),
        ("王建国", Sign.OTHER),
        (None, Sign.UNKNOWN),
    ],
)
def test_names(name: str | None, sign: Sign) -> None:
    assert like(name=name).name is sign


def test_two_short_names_one_character_apart_are_two() -> None:
    one, other = (signs.known(n, name, [], None, None) for n, name in ((1, "王芳"), (2, "王丽")))
    assert compare(one, other).name is Sign.OTHER


@pytest.mark.parametrize(
    ("birthday", "sign"),
    [
        ("1992-05-04", Sign.SAME),
        ("1992-04-05", Sign.MIXED),
        ("1982-05-04", Sign.ALIKE),
        ("1981-05-04", Sign.OTHER),
        (None, Sign.UNKNOWN),
    ],
)
def test_birthdays(birthday: str | None, sign: Sign) -> None:
    assert like(birthday=birthday).birthday is sign


def test_addresses() -> None:
    assert like().address is Sign.SAME
    assert like(address="天钥桥路101号").address is Sign.OTHER
    assert like(address="上海市").address is Sign.UNKNOWN


def test_what_speaks_against_makes_it_less_likely() -> None:
    alike = likeness.score(like(phone=None, address=None))
    unlike = likeness.score(like(phone="+8613900009999", address=None))
    assert alike is not None
    assert unlike is not None
    assert unlike < alike


@pytest.mark.parametrize(
    "other",
    [
        {"phone": "+8613812345679", "birthday": None, "address": None},  # a typing slip
        {"phone": None, "address": None},  # name and birthday
        {"phone": None, "birthday": None},  # name and address
        {"name": "王小梅", "birthday": None, "address": None},
    ],
)
def test_likely_pairs_are_listed(other: dict[str, str | None]) -> None:
    assert likeness.score(like(**other)) is not None


@pytest.mark.parametrize(
    "other",
    [
        {"phone": None, "birthday": None, "address": None},  # a namesake
        {"name": None, "phone": None, "address": None},  # the same birthday
        {"name": "李雷", "phone": None, "birthday": None},  # the same house
        {"name": "李雷", "phone": "+8613812345679", "birthday": None, "address": None},
    ],
)
def test_one_thing_alone_lists_nobody(other: dict[str, str | None]) -> None:
    assert likeness.score(like(**other)) is None


def test_the_evidence_in_words() -> None:
    found = like(phone="+8613812345679", birthday="1992-04-05", address="天钥桥路101号")
    said = [likeness.said(code) for code in found.codes]
    assert said == ["手机号相差一处", "姓名相同", "生日只是顺序不同", "地址不同"]
