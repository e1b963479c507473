"""Sizes: letters, Chinese names, garment numbers, 号型 (GB/T 1335), and relative ones."""

from __future__ import annotations

import re
from collections.abc import Iterator

from nlu.entities.found import Found, Reading
from nlu.entities.numerals import whole

_LETTERS = re.compile(
    r"(?<![a-z0-9'.])(x{0,5}[sl]|m|[2-6]xl|[2-4]xs)(?:\s?(?:ma(?![a-z])|[码号]))?(?![a-z0-9])"
)
_NAMED = re.compile(
    r"(?<!多)(加加大|特大|加大|大|中|小|细|加小|均)[码号](?!子)|加加大|加大(?!杯|力|油)|均码"
)
_NAMES = {"加加大": "2XL", "特大": "2XL", "加大": "XL", "大": "L", "中": "M", "小": "S", "细": "S",
          "加小": "XS", "均": "均码"}  # fmt: skip
_RELATIVE = re.compile(r"([大小])([一两二三1-3])[码号]|([大小])个?[码号]数?(?=一[点些])")
_BODY = re.compile(r"(?<!\d)(1[0-9]\d/\d{2,3}[abcy]?)(?![\da-z])")
_NUMBERED = re.compile(r"(?<![\da-z.])(\d{2,3}|[二三四]十[一二三四五六七八九]?)\s?码")
_CUED = re.compile(
    r"(?:穿|码数?|尺寸|尺码|size|腰围?|裤子|裤|鞋|改成?|换成?|记成?|成|要|拿|买|是|从|[到了的→])\s?[是为:]?\s?"
    r"((?<!\d)\d{2,3})(?:号)?(?![\d.]|分|积|元|块|件|张|个|天|岁|斤|公|k|c|%|条|年|月|点|楼|位|次|号)"
)
# Jeans in inches, shoes, women's and men's garments, children by height: the numbers on labels.
_LABELLED = {*range(24, 47), 48, 50, 52, 54, *range(80, 196, 5)}


def find_sizes(reading: Reading) -> Iterator[Found]:
    text = reading.text.text
    for match in _LETTERS.finditer(text):
        yield Found("size", *match.span(), _letters(match.group(1)))
    for match in _NAMED.finditer(text):
        name = match.group(1) or match.group().rstrip("码号")
        yield Found("size", *match.span(), _NAMES[name])
    for match in _RELATIVE.finditer(text):
        sign = "+" if "大" in (match.group(1), match.group(3)) else "-"
        yield Found("size", *match.span(), f"{sign}{whole(match.group(2) or '一')}")
    for match in _BODY.finditer(text):
        yield Found("size", *match.span(), match.group(1).upper())
    yield from _numbers(text)


def _numbers(text: str) -> Iterator[Found]:
    for match in _NUMBERED.finditer(text):
        yield Found("size", *match.span(), str(whole(match.group(1))))
    for match in _CUED.finditer(text):
        if int(match.group(1)) in _LABELLED:
            yield Found("size", *match.span(1), match.group(1))


def _letters(written: str) -> str:
    """XXL and 2XL are one size."""
    crosses = len(written) - 1 if written.startswith("x") else 0
    return written.upper() if crosses < len("xx") else f"{crosses}{written[-2:].upper()}"
