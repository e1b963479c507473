"""Which score of a message is for what: 「服务5分，衣服4分」."""

import re

from actions.turn import Mention, Turn
from crm_core.ratings.models import Aspect

_SERVICE = re.compile(
    "服务|服務|店员|店員|导购|導購|店里人|态度|態度|接待|客服|收银|收銀|排队|排隊|等了|等得|试衣间|体验|體驗"
    "|师傅|師傅|姑娘|小哥|人[给給打是]?$"
)
_PRODUCT = re.compile(
    "衣服|商品|产品|產品|东西|東西|质量|質量|品质|面料|款式|做工|版型|尺码|裙|裤|外套|大衣|毛衣|羽绒"
)
_ABOUT = {"staff_name": Aspect.SERVICE, "category": Aspect.PRODUCT, "product": Aspect.PRODUCT}
_BOTH = re.compile(
    r"都(?:是|给|給|打|打个)?\s*(?:[1-5１-５]|[一二两兩三四五][分星颗顆]|满分|滿分|好评|差评)"
)
_BARE = re.compile(r"\s*([1-5１-５一二两三四五])\s*[分星]?\s*")
_NUMERALS = {"一": 1, "二": 2, "两": 2, "三": 3, "四": 4, "五": 5}
_PAUSE = re.compile("[，。；！？,.;!?、]")
_SCORE_WORDS = re.compile(
    r"[0-9０-９一二两兩三四五六七八九十零满滿]+\s*(?:分|颗星|顆星|星|颗|顆)|[0-9０-９]+"
    r"|好评|好評|差评|差評|评价|评分|打分|给|給|打|我|个|吧|[^\w]"
)


def given(turn: Turn) -> list[tuple[Aspect, int]]:
    """The scores of a message by aspect, as said (also out of range); a correction replaces.

    Each belongs to the aspect named before it, else right after it, else to the service.
    """
    said = turn.mentions("score")
    if not said:
        bare = bare_score(turn.text)
        return [(Aspect.SERVICE, bare)] if bare else []
    if len(said) == 1 and _BOTH.search(turn.text):
        return [(aspect, _number(said[0])) for aspect in Aspect]
    found: dict[Aspect, int] = {}
    start = 0
    for place, score in enumerate(said):
        following = said[place + 1].start if place + 1 < len(said) else len(turn.text)
        aspect, start = _aspect(turn, start, score.start), score.end
        if aspect is None:  # 「5分给服务」
            start += len(_PAUSE.split(turn.text[score.end : following], maxsplit=1)[0])
            aspect = _aspect(turn, score.end, start)
        found[aspect or Aspect.SERVICE] = _number(score)
    return list(found.items())


def bare_score(text: str) -> int | None:
    """The score that a message consists of: 「5」, 「四星」."""
    match = _BARE.fullmatch(text)
    return (_NUMERALS.get(match[1]) or int(match[1])) if match else None


def has_words(text: str, least: int = 2) -> bool:
    """Whether at least so many characters say more than scores and what they are for."""
    rest = text
    for words in (_SCORE_WORDS, _SERVICE, _PRODUCT):
        rest = words.sub("", rest)
    return len(rest) >= least


def _aspect(turn: Turn, start: int, end: int) -> Aspect | None:
    """What a stretch of the message speaks of; the service where it speaks of both."""
    stretch = turn.text[start:end]
    meant = {
        _ABOUT[mention.entity] for mention in turn.mentions(*_ABOUT) if start <= mention.start < end
    }
    meant |= {Aspect.SERVICE} if _SERVICE.search(stretch) else set()
    meant |= {Aspect.PRODUCT} if _PRODUCT.search(stretch) else set()
    if not meant:
        return None
    return Aspect.SERVICE if Aspect.SERVICE in meant else Aspect.PRODUCT


def _number(score: Mention) -> int:
    return int(score.value) if score.value.lstrip("-").isdigit() else 0
