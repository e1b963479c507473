"""Branches by the way they are named, for those that the live lexicon does not list."""

from __future__ import annotations

import re
from collections.abc import Iterator

from nlu.entities.found import Found, Reading

# A branch is called after a road, a square, a mall or a quarter; other shops after what they sell.
_PLACE = "路街道场城江湖海河达泰汇区港湾门桥山东南西北站园苑庄心"
_BRANCH = re.compile(rf"([\u4e00-\u9fff]{{1,4}}[{_PLACE}])店(?![员长里铺内面主家庆])")
# What stands before a name and is no part of it.
_OPENER = re.compile(
    r".*(?:[在去到从的是把给跟和与了查询看眼下想要们我你他她问逛哪个些这那来取送离找各本列司为么什诉号天月周末])"
)


def find_stores(reading: Reading) -> Iterator[Found]:
    text = reading.text.text
    for match in _BRANCH.finditer(text):
        opener = _OPENER.match(match.group(1))
        start = match.start() + (opener.end() if opener else 0)
        if match.end() - start > len("南店"):
            yield Found("store", start, match.end(), text[start : match.end()])
