"""What a WeCom app can send, as items on a phone."""

from collections.abc import Callable
from typing import Any

from channels.sandbox.answers import articles_item
from channels.sandbox.config import Limits
from channels.sandbox.errors import Refused
from channels.sandbox.phones import Item
from channels.sandbox.wecom import cards
from channels.sandbox.wecom.account import cut


def read(body: dict[str, Any], limits: Limits) -> Item:
    """The item an app message becomes; text beyond the limit is cut, as WeCom does.

    Raises:
        Refused: 40008 unknown msgtype, 44004 no text, 40007 no media_id, 40058 otherwise malformed.
    """
    kind = body.get("msgtype")
    if kind not in _READERS:
        raise Refused(40008, "invalid message type")
    part = body.get(kind)
    if not isinstance(part, dict):
        raise Refused(40058, f"invalid Request Parameter: {kind}")
    if kind == "template_card":
        cards.check(part, limits)
    item = _READERS[kind](part)
    item.text = cut(item.text, limits.text_bytes)
    return item


def _text(kind: str) -> Callable[[dict[str, Any]], Item]:
    def read_text(part: dict[str, Any]) -> Item:
        if not (content := str(part.get("content") or "")):
            raise Refused(44004, "content is empty")
        return Item(kind=kind, text=content)

    return read_text


def _image(part: dict[str, Any]) -> Item:
    if not part.get("media_id"):
        raise Refused(40007, "invalid media_id")
    return Item(kind="image", image=str(part["media_id"]))


def _text_card(part: dict[str, Any]) -> Item:
    if not (part.get("title") and part.get("description") and part.get("url")):
        raise Refused(40058, "invalid Request Parameter: textcard")
    return Item(kind="card", text=f"{part['title']}\n{part['description']}", card=part)


def _news(part: dict[str, Any]) -> Item:
    articles = part.get("articles")
    if not isinstance(articles, list) or not 1 <= len(articles) <= 8:  # noqa: PLR2004 - documented
        raise Refused(45008, "article size out of limit")
    names = ("title", "description", "picurl", "url")
    return articles_item([{name: str(each.get(name) or "") for name in names} for each in articles])


def _template_card(part: dict[str, Any]) -> Item:
    item = Item(kind="card")
    cards.draw(item, part)
    return item


_READERS: dict[str, Callable[[dict[str, Any]], Item]] = {
    "text": _text("text"),
    "markdown": _text("markdown"),
    "image": _image,
    "textcard": _text_card,
    "news": _news,
    "template_card": _template_card,
}
