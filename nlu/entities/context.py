"""What an intent says about entities that a text alone leaves open."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from nlu.entities.found import Found
from nlu.entities.numerals import whole

_COMPLAINTS = {
    "file_complaint", "file_complaint_for_customer", "query_complaint", "complaint_stats",
    "handle_complaint", "request_return", "request_exchange", "query_after_sale",
}  # fmt: skip
# Words of everyday talk (快递, 通过, 关闭) that are entities in some intents only.
_ONLY_IN = {
    "action": {"handle_alert", "handle_complaint"},
    "complaint_type": _COMPLAINTS,
}
# What else than the entity a bare answer to a question may hold.
_BESIDE_ANSWER = 3

_DIGITS = r"(?<![\d.a-z])(\d{1,3})(?![\d.a-z/])"
_PICK = re.compile(
    rf"{_DIGITS}|(?:^|(?<=[选投要给点是看]))([一二三四五六七八九十])(?=[吧,。!~啊呀]|$)"
)
_MARK = re.compile(r"(?<![\d.a-z])(\d{1,2})(?![\d.a-z/])|^([一二三四五])(?=[吧,。!~啊呀]|$)")
_SIZE = re.compile(r"(?<![\d.a-z])(\d{2,3})(?![\d.a-z/])")
# In these intents a number that nothing else explains is this.
_BARE: dict[str, tuple[str, re.Pattern[str]]] = {
    "select_option": ("option", _PICK),
    "vote_outfit": ("option", _PICK),
    "rate_service": ("score", _MARK),
    "update_size": ("size", _SIZE),
    "update_customer_profile": ("size", _SIZE),
}


def fits(found: Iterable[Found], text: str, intent: str) -> Iterator[Found]:
    """Leaves out what means nothing in this intent, unless it is all that the text says."""
    for one in found:
        homes = _ONLY_IN.get(one.entity)
        alone = len(text) - (one.end - one.start) <= _BESIDE_ANSWER
        if homes is None or not intent or intent in homes or alone:
            yield one


def bare_numbers(found: list[Found], text: str, intent: str) -> Iterator[Found]:
    """Numbers without a unit that this intent gives a meaning, where no other find covers them."""
    if intent not in _BARE:
        return
    entity, pattern = _BARE[intent]
    for match in pattern.finditer(text):
        group = 1 if match.group(1) else 2
        start, end = match.span(group)
        if all(end <= one.start or one.end <= start for one in found):
            yield Found(entity, start, end, str(whole(match.group(group))))
