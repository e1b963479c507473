"""Which styles a sentence asks for, and which it turns down: 「不是甜美，应该是通勤」."""

import re
from dataclasses import dataclass

from actions.turn import Turn

# Before a style: what is not liked, was once, or is somebody else's idea.
_NOT = re.compile(
    r"(不是|不[太爱愛喜想再要]|不中意|(?<![特分个個])[别別]|讨厌|討厭|删|刪|去掉|去除|取消|移除|拿掉|穿不了|腻|膩|"
    r"[从從由](?=$)|以前|之前|年轻时|原[来來先本]|过去|過去|老是?[拿推给給把当當])[^，。；,;]{0,8}$"
)
# Behind a style, in its clause or opening the next one.
_OFF = re.compile(
    r"^[^，。；,;]{0,6}?[，,]?(去掉|删|刪|不要|不喜欢|不喜歡|不爱|不愛|没兴趣|沒興趣|腻|膩|取消|拿掉|不再)"
)
_CLAUSE_END = re.compile(r"[，。；！,;!]")
_ADDS = re.compile(r"加|再|也|还|還|都|别[删刪]")
_REPLACES = re.compile(r"改|换|換|变|變|转|轉|重新|只[穿要喜爱愛]|设[成为置]|設")


@dataclass(frozen=True)
class StylesSaid:
    """The styles a message names."""

    liked: list[str]
    disliked: list[str]
    only: bool  # they are to be all there are from now on


def styles_said(turn: Turn) -> StylesSaid:
    """What styles a message adds, drops, or puts in the place of all others."""
    text, found = turn.text, turn.mentions("style")
    liked: dict[str, bool] = {}
    for number, mention in enumerate(found):
        since = found[number - 1].end if number else 0
        is_last = number + 1 == len(found)
        behind = text[mention.end :] if is_last else text[mention.end : found[number + 1].start]
        is_off = _OFF.search(behind if is_last else _CLAUSE_END.split(behind)[0])
        liked[mention.value] = not (_NOT.search(text[since : mention.start]) or is_off)
    wanted = [style for style, is_liked in liked.items() if is_liked]
    dropped = [style for style, is_liked in liked.items() if not is_liked]
    only = bool(wanted and not dropped and _REPLACES.search(text) and not _ADDS.search(text))
    return StylesSaid(wanted, dropped, only)
