"""Counts of things, points and yuan, and rewards named by their worth."""

from __future__ import annotations

import re
from collections.abc import Iterator

from nlu.entities.found import Found, Reading
from nlu.entities.numerals import NUMBER, number, shown, whole

_AMOUNT = re.compile(
    rf"(?<![\d.第])({NUMBER})\s?(?:个?积分|块钱|元|块|圆|分|点(?![半钟多一二三四五六\d])|rmb|points?)(?![券钟店之])"
)
_SPENT = re.compile(
    rf"(?:花了?|付了?|消费了?|充了?|满|业绩|[扣少加]了?|[到破])\s?({NUMBER})(?![\d件套张条个双码号点分月年天:斤])"
)
_QUANTITY = re.compile(
    rf"(?<![\d第大小最头])({NUMBER})(?:张|件|条|双|套|份|位|票|单|只|次|个(?!月|星期|礼拜))"
)
# A single one is a count only where something is bought, used or kept; 一个 is mostly an article.
_TAKEN = re.compile(r"(?:[买换兑要拿订留领取退用]|核销|兑换)(?:了|掉)?$")
_REWARD = re.compile(
    rf"({NUMBER})\s?(?:元|块钱|块)的?((?:无门槛|代金|优惠|现金|抵用|抵扣|礼品|购物|满减)?券)"
)
_FEWEST = 11


def find_amounts(reading: Reading) -> Iterator[Found]:
    """Ten or fewer with a bare 分 are a mark, not an amount: `find_scores` takes them."""
    text = reading.text.text
    for match in _AMOUNT.finditer(text):
        value = number(match.group(1))
        mark = match.group().endswith("分") and not match.group().endswith("积分")
        adverb = match.group() in {"一点", "一块"}
        if value is not None and not adverb and (value >= _FEWEST or not mark):
            yield Found("amount", *match.span(), shown(value))
    for match in _SPENT.finditer(text):
        value = number(match.group(1))
        if value is not None and value >= _FEWEST:
            yield Found("amount", *match.span(1), shown(value))


def find_quantities(reading: Reading) -> Iterator[Found]:
    for match in _QUANTITY.finditer(reading.text.text):
        count = whole(match.group(1))
        if count and (count > 1 or _TAKEN.search(reading.text.text[: match.start()])):
            yield Found("quantity", *match.span(), str(count))


def find_rewards(reading: Reading) -> Iterator[Found]:
    """「50块的券」 is the 50元券; a bare 券 is none in particular."""
    for match in _REWARD.finditer(reading.text.text):
        value = number(match.group(1))
        if value is not None:
            yield Found("reward", *match.span(), f"{shown(value)}元{match.group(2)}")
