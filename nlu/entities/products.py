"""Article numbers, and colours that stand right before what they colour."""

from __future__ import annotations

import re
from collections.abc import Iterator

from nlu.entities.found import Found, Reading

_ARTICLE = re.compile(r"(?<![a-z0-9])[a-z]{1,2}\d{3,5}(?![a-z0-9])")
_SHADES = {"黑": "黑色", "白": "白色", "灰": "灰色", "红": "红色", "蓝": "蓝色", "绿": "绿色",
           "粉": "粉色", "紫": "紫色", "黄": "黄色", "驼": "驼色"}  # fmt: skip


def find_products(reading: Reading) -> Iterator[Found]:
    """Article numbers that the live lexicon does not know (yet)."""
    for match in _ARTICLE.finditer(reading.text.text):
        yield Found("product", *match.span(), reading.as_written(*match.span()).upper())


def find_shades(reading: Reading) -> Iterator[Found]:
    """The 白 of 白T恤: a single character is a colour only before a garment."""
    text = reading.text.text
    for match in reading.lexicon.matches(text):
        shade = text[match.start - 1 : match.start]
        if match.entity in {"category", "product"} and shade in _SHADES:
            yield Found("color", match.start - 1, match.start, _SHADES[shade])
