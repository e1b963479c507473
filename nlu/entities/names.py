"""Names of people: a surname with a title, a full name, and what the shop calls its own staff."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache

from nlu.entities.found import Found, Reading
from nlu.text.lexicons import KnownWords, dictionary, listed_people, read_words

_BEFORE_STAFF = re.compile(
    r"(?:店员|导购|同事|店长|顾问|销售|员工|(?:转|派|交|分|安排|指派|移交|丢)(?:给|到)?|@|让|找|请|接通)\s?(?:一下)?$"
)
_BEFORE_CUSTOMER = re.compile(
    r"(?:我叫|本人|姓名|名字|名叫|叫做?|客人|顾客|客户|会员|老客|贵宾|给|帮|替|把|查|看|瞅|问|联系|约|通知|搜"
    r"|打开|调|翻|找|记|登记|录|标记|更新|修改|改|了|下|和|跟|与|是|将|为|[,。、:;!?~\s])\s?(?:为|是|:|叫)?\s?$|^$"
)
_AFTER = re.compile(
    r"$|[的,。、:;!?~\s\d]|上[次回个周月]|最近|近期|[买穿试要想说有是她他来到现这那爱喜偏改换办加投和跟与资积等会员手电生身尺号名刚"
    r"今昨前明后去都呢？?回已还在也都打过对给把被之、完退登反补约申需嫌没不]"
)

_SHORT_NAME = 2
# 太 and 总 are titles and adverbs: 黄太 is a person, 黄太多了 is not.
_NO_ADVERB = (
    r"(?<=太)(?![多大小少贵长短久快慢好差难高低烂过])|(?<=总)(?![结共数额部店是体算的计量价])"
    r"|(?<![太总])"
)


def find_names(reading: Reading) -> Iterator[Found]:
    text = reading.text.text
    for match in _patterns()["titled"].finditer(text):
        start = match.start() + _surplus(match.group("name"))
        yield Found("customer_name", start, match.end(), text[start : match.end()])
    for match in _patterns()["latin"].finditer(text):
        yield Found("customer_name", *match.span(), reading.as_written(*match.span()))
    for match in _patterns()["little"].finditer(text):
        yield Found("staff_name", *match.span(), match.group())
    yield from _full_names(text)


def _full_names(text: str) -> Iterator[Found]:
    """Surname and given name; the longer one where both could be, if something ends it."""
    for start, char in enumerate(text):
        if char not in _surnames():
            continue
        for length in (4, 3, 2):
            end = start + length
            word = text[start:end]
            ended = _AFTER.match(text, end) or (length > _SHORT_NAME and word in listed_people())
            if _is_name(word, length) and ended:
                entity = _called_by(text[:start]) or _uncued(text, start, length)
                if entity:
                    yield Found(entity, start, end, word)
                    break


def _called_by(before: str) -> str:
    if _BEFORE_STAFF.search(before):
        return "staff_name"
    return "customer_name" if _BEFORE_CUSTOMER.search(before) else ""


def _uncued(text: str, start: int, length: int) -> str:
    """Three characters that make a name need no cue, unless the first belongs to a word before."""
    joined = text[start - 1 : start + 1] if start else ""
    return "customer_name" if length > _SHORT_NAME and joined not in _known() else ""


def _is_name(word: str, length: int) -> bool:
    surname = 2 if word[:2] in _surnames() else 1
    given = word[surname:]
    if len(word) < length or len(given) not in (1, 2):
        return False
    if word in _known() and word not in listed_people():
        return False
    return all(char in _given() for char in given)


def _surplus(name: str) -> int:
    """In 查王女士 the surname is the one that stands next to the title."""
    return (
        len(name) - 1
        if len(name) > 1 and name[-1] in _surnames() and name not in _surnames()
        else 0
    )


@lru_cache(maxsize=1)
def _known() -> KnownWords:
    return KnownWords(dictionary())


@lru_cache(maxsize=1)
def _surnames() -> frozenset[str]:
    return frozenset(read_words("surnames"))


@lru_cache(maxsize=1)
def _given() -> frozenset[str]:
    return frozenset("".join(read_words("given_names")))


@lru_cache(maxsize=1)
def _patterns() -> dict[str, re.Pattern[str]]:
    surname = "|".join(sorted(read_words("surnames"), key=len, reverse=True))
    given = "".join(read_words("given_names"))
    title = "|".join(sorted(read_words("titles"), key=len, reverse=True))
    return {
        "titled": re.compile(
            rf"(?P<name>(?:{surname})[{given}]{{0,2}}?)(?:{title})(?:{_NO_ADVERB})"
        ),
        "latin": re.compile(r"(?<![a-z])[a-z]{2,}(?:姐|哥|小姐|女士|先生|太太)"),
        "little": re.compile(rf"小(?:{surname})(?![姐码号件票费区气时心朋红序])"),
    }
