"""What an assistant's words say about a try-on: the goods, the size, why it was not bought."""

import re
from typing import Any

from actions.people import names_somebody
from actions.turn import Turn

_UNKNOWN_SIZE = re.compile(r"不知道|不清楚|不记得|没注意|没留意|没看|忘了|随便|没有|无")
_CLAUSES = re.compile(r"[,，。;；、！!?？\s]+")
# Why somebody did not buy: from the word on, or the whole clause.
_SAYS_WHY = re.compile(
    r"嫌|觉得|感觉|因为|原因|有点|还是|偏|显|怕|等|说|太(?=[贵大小长短紧松薄厚透老花素艳深浅高低重热])"
)
_IS_WHY = re.compile(r"不合|不舒服|不喜欢|没码|断码|没货|价格|[贵紧透薄]")
_NO_WHY = re.compile(r"(?:没|未|不)(?:有)?(?:买|要|拿|购|下单|成交|成)[了的]?.*$")
_LEADS = re.compile(r"^(?:说是?|因为|原因是?|是)")
# 「试了羊毛大衣」: what stands between the verb and the kind of garment belongs to its name.
_CALLED = re.compile(
    r"(?:试穿|试|穿)(?:了|的|过|的是)?(?:我们|咱们|咱)?[那这]?[一]?[件条款套身]?([^\s,，。、:：]{0,8})$"
)
_SIZE_BEFORE = re.compile(r"^(?:[0-9]*[SMLX]+|\d{2,3}|[小中大加均])?码?的")
_POINTS = re.compile(r"^(?:就?是|一|那|这|[件条款套])+")
_NO_NAME = {"affirm", "deny", "log_tryon", "lookup_customer"}  # said of no goods
_MOST_REASON = 120
_MOST_PRODUCT = 60
_BARE = 12  # characters


def said(turn: Turn) -> dict[str, Any]:
    """What the message names by itself."""
    found = {"tried_product": _goods(turn), "tried_size": turn.entity("size")}
    found["tried_reason"] = reason(turn.text) if turn.intent == "log_tryon" else None
    if found["tried_size"] and found["tried_size"][0] in "+-":  # bigger than what?
        del found["tried_size"]
    return {slot: value for slot, value in found.items() if value}


def is_bare(turn: Turn) -> bool:
    """「M码」, 「驼色大衣」: nothing but what was asked for, whatever intent it looks like."""
    asked = {"tried_product": _goods(turn), "tried_size": turn.entity("size")}
    return (
        bool(asked.get(turn.asked or "")) and len(turn.text) <= _BARE and not names_somebody(turn)
    )


def in_words(turn: Turn) -> dict[str, Any]:
    """An answer that no entity was found in; else what was asked is asked again."""
    text = turn.text.strip()
    names_goods = 0 < len(text) <= _MOST_PRODUCT and turn.intent not in _NO_NAME
    if turn.asked == "tried_product" and names_goods:
        return {"tried_product": text}
    if turn.asked == "tried_size" and _UNKNOWN_SIZE.search(text):
        return {"tried_size": ""}
    return {str(turn.asked): None}


def reason(text: str) -> str:
    """Why it was not bought, in the assistant's words: 嫌贵；袖子太长."""
    parts = []
    for clause in _CLAUSES.split(text):
        left = _NO_WHY.sub("", clause)
        if found := _SAYS_WHY.search(left):
            parts.append(_LEADS.sub("", left[found.start() :]))
        elif _IS_WHY.search(left):
            parts.append(left)
    return "，".join(part for part in parts if part)[:_MOST_REASON]


def _goods(turn: Turn) -> str:
    """What it was called: 羊毛大衣, 驼色大衣, 法式连衣裙."""
    color = turn.entity("color") or ""
    if product := turn.entity("product"):
        return product if color in product else f"{color}{product}"
    if category := next(iter(turn.mentions("category")), None):
        before = _called(turn, turn.text[: category.start])
        return f"{before or color + (turn.entity('style') or '')}{category.value}"
    return f"{color}那款" if color else ""


def _called(turn: Turn, before: str) -> str:
    """How a garment's name begins: 羊毛 of 「试了羊毛大衣」, 真丝 of the answer 「真丝衬衫」."""
    if found := _CALLED.search(before):
        return _SIZE_BEFORE.sub("", found[1])
    is_answer = turn.asked == "tried_product" and len(turn.text) <= _BARE
    return _POINTS.sub("", before) if is_answer else ""
