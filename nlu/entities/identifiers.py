"""Phones, and the numbers of cards, orders and tickets."""

from __future__ import annotations

import re
from collections.abc import Iterator

from nlu.entities.found import Found, Reading
from nlu.entities.numerals import spoken_digits

# Mainland mobile numbers have eleven digits and begin with 13 to 19.
_PHONE = re.compile(r"(?<![\da-z])(?:\+?86[ -]?)?(1[3-9]\d[ -]?\d{4}[ -]?\d{4})(?!\d)")
_SPOKEN_PHONE = re.compile(r"[一幺][三四五六七八九][零〇一幺二三四五六七八九]{9}")
_TAIL = re.compile(
    r"(?:手机|电话|号码)?(?:尾号|尾数|末尾|[后末][四4]位)(?:是|为|数|号|:)?\s?"
    r"(\d{4}|[零〇一幺二三四五六七八九]{4})(?!\d)"
)
_NUMBERS = {
    "card_no": re.compile(r"(?<![\da-z])vip\s?-?\d{4,}(?!\d)"),
    "order_no": re.compile(r"(?<![\da-z])dd\s?-?\d{6,}(?!\d)"),
    "ticket_no": re.compile(r"(?<![\da-z])ts\s?-?\d{3,}(?!\d)"),
}


def find_identifiers(reading: Reading) -> Iterator[Found]:
    text = reading.text.text
    for match in _PHONE.finditer(text):
        yield Found("phone", *match.span(1), re.sub(r"\D", "", match.group(1)))
    for match in _SPOKEN_PHONE.finditer(text):
        yield Found("phone", *match.span(), spoken_digits(match.group()))
    for match in _TAIL.finditer(text):
        start = match.start() + (2 if match.group()[:2] in {"手机", "电话", "号码"} else 0)
        yield Found("phone_tail", start, match.end(), spoken_digits(match.group(1)))
    for entity, pattern in _NUMBERS.items():
        for match in pattern.finditer(text):
            written = reading.as_written(*match.span())
            yield Found(entity, *match.span(), re.sub(r"[\s-]", "", written))
