"""Measures of the body: lengths in centimetres, weight in kilograms."""

from __future__ import annotations

import re
from collections.abc import Iterator

from nlu.entities.found import Found, Reading
from nlu.entities.numerals import NUMBER, number, shown, whole

_PARTS = {"身高": "height", "个子": "height", "胸围": "bust", "上围": "bust", "腰围": "waist",
          "臀围": "hip", "肩宽": "shoulder", "袖长": "sleeve", "臂长": "sleeve", "裤长": "leg",
          "脚长": "foot"}  # fmt: skip
_LENGTH = re.compile(
    rf"({'|'.join(_PARTS)})(?:是|为|有|大概|差不多|:)?\s?({NUMBER})\s?(?:cm|公分|厘米)?(?![\d.斤公元块码])"
)
_METRES = re.compile(
    r"(?:(?:身高|个子)(?:是|有|:)?)?(?<!\d)(?:1|一)(?:米|m|\.)"
    r"([4-9四五六七八九][\d一二三四五六七八九]?)(?:m|米)?(?![\d倍折万])"
)
_CENTIMETRES = re.compile(r"(?:身高)?(?<!\d)(1[3-9]\d)\s?(?:cm|公分|厘米)")
_WEIGHT = re.compile(rf"(?:体重(?:是|有|:)?\s?)?({NUMBER})\s?(斤|公斤|kg|千克)")
_BARE_WEIGHT = re.compile(rf"体重(?:是|有|:)?\s?({NUMBER})()(?!\s?(?:[\d斤k公千]))")
_WAIST = re.compile(r"([一二两三])尺([一二三四五六七八九])?(?:寸)?的?腰")
_SHORTEST_CM = 11
# A bare weight this high is meant in 斤 (half a kilogram), as weights are in China.
_JIN_FROM = 80
_CM_IN_CHI = 100 / 3


def find_measures(reading: Reading) -> Iterator[Found]:
    text = reading.text.text
    for match in _LENGTH.finditer(text):
        value = number(match.group(2))
        if value is not None and value >= _SHORTEST_CM:
            yield _measure(match, _PARTS[match.group(1)], value, "cm")
    for match in _METRES.finditer(text):
        yield _measure(match, "height", _behind_metre(match.group(1)), "cm")
    for match in _CENTIMETRES.finditer(text):
        yield _measure(match, "height", float(match.group(1)), "cm")
    for match in (*_WEIGHT.finditer(text), *_BARE_WEIGHT.finditer(text)):
        yield from _weight(match)
    for match in _WAIST.finditer(text):
        yield _measure(match, "waist", _chi(match), "cm")


def _weight(match: re.Match[str]) -> Iterator[Found]:
    value = number(match.group(1))
    if value is None:
        return
    unit = match.group(2) or ("斤" if value >= _JIN_FROM else "kg")
    yield _measure(match, "weight", value / 2 if unit == "斤" else value, "kg")


def _behind_metre(written: str) -> float:
    """1米6 is 160 cm, 一米六五 and 1.65 are 165 cm."""
    digits = "".join(str(whole(char)) for char in written)
    return float(f"1{digits:0<2}")


def _chi(match: re.Match[str]) -> float:
    chi = (whole(match.group(1)) or 0) + (whole(match.group(2) or "零") or 0) / 10
    return float(round(chi * _CM_IN_CHI))


def _measure(match: re.Match[str], what: str, value: float, unit: str) -> Found:
    return Found("measure", *match.span(), f"{what}={shown(value)}{unit}")
