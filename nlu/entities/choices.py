"""Picking from what was shown (option) and marks out of five (score)."""

from __future__ import annotations

import re
from collections.abc import Iterator

from nlu.entities.found import Found, Reading
from nlu.entities.numerals import whole

_COUNT = r"(\d{1,2}|[一二两三四五六七八九十]{1,3})"
_WHAT = r"(?:套|个|款|条|位|张|项|样|件|种|双|行|组|身)"
_NTH = re.compile(rf"(?:排在)?第{_COUNT}(?:{_WHAT}|的)")
_BARE_NTH = re.compile(rf"(?:(?<=[投选要给是])|^)第{_COUNT}(?=[吧,。!~啊好舒显]|$)")
_FROM_END = re.compile(rf"倒数第?{_COUNT}{_WHAT}?")
_NUMBERED = re.compile(
    r"(?<![\d月a-z])(\d{1,2}|[一二三四五六七八九十])号(?:款|套)?"
    r"(?![楼店]|[上下]午|[早晚]|[之以]?[前后]|那天|线|的?时候)|(?:no\.?|number)\s?(\d{1,2})"
)
_LETTER = re.compile(r"(?<![a-z0-9'\-])([a-h])(?:\s?(?:套|款|组|号|方案))?(?!\s?[a-z0-9'\-])")
_SIDE = r"(?:边|手边|侧)"
_PLACED = re.compile(
    rf"(?:最|靠)?(左(?!右){_SIDE}?|(?<!左)右{_SIDE}?|中间|[上下]边|[上下]面|前面|后面|底下)(?:(?:的)?(?:那|这)?一?"
    rf"{_WHAT}|的)?|最后(?:的?[一那]?{_WHAT})|(?:末尾|末)[一那]?{_WHAT}|头一{_WHAT}|首个"
)
_STARS = re.compile(
    r"(?<![\d.])(10|\d|[零一二两三四五六七八九十])\s?(?:分(?:儿)?|颗?星|stars?|fen)(?![之钟期店])"
)
_WORDS = {"满分": "5", "好评": "5", "中评": "3", "差评": "1"}
_SCORE_WORD = re.compile(rf"(?<!星)(?:{'|'.join(_WORDS)})")


def find_options(reading: Reading) -> Iterator[Found]:
    text = reading.text.text
    for match in (*_NTH.finditer(text), *_BARE_NTH.finditer(text)):
        yield from _counted(match, "")
    for match in _FROM_END.finditer(text):
        yield from _counted(match, "-")
    for match in _NUMBERED.finditer(text):
        yield Found("option", *match.span(), str(whole(match.group(1) or match.group(2))))
    for match in _LETTER.finditer(text):
        yield Found("option", *match.span(), str(ord(match.group(1)) - ord("a") + 1))
    for match in _PLACED.finditer(text):
        value = _place(match.group())
        if value:
            yield Found("option", *match.span(), value)


def find_scores(reading: Reading) -> Iterator[Found]:
    text = reading.text.text
    for match in _STARS.finditer(text):
        yield Found("score", *match.span(), str(whole(match.group(1))))
    for match in _SCORE_WORD.finditer(text):
        yield Found("score", *match.span(), _WORDS[match.group()])


def _counted(match: re.Match[str], sign: str) -> Iterator[Found]:
    count = whole(match.group(1))
    if count:
        yield Found("option", *match.span(), f"{sign}{count}")


def _place(words: str) -> str:
    """Left and top are first, right second; 最下 and 最后 are the last, however many there are."""
    if words.startswith(("最后", "最下", "最底", "末")):
        return "-1"
    if words.startswith(("左", "靠左", "最左", "最上", "最前", "头", "首")):
        return "1"
    return "2" if "右" in words else ""
