"""What an official account can send, as items on a phone."""

import re
from collections.abc import Callable
from typing import Any

from channels.sandbox.answers import articles_item, text_item
from channels.sandbox.config import Limits
from channels.sandbox.errors import Refused
from channels.sandbox.phones import Button, Item

_PLACE = re.compile(r"\{\{\s*(\w+)\.DATA\s*\}\}")


def custom(body: dict[str, Any], limits: Limits) -> Item:
    """The item a customer-service message becomes.

    Raises:
        Refused: 40008 unknown msgtype, 44004 no text, 45002 text too long, 40007 no media_id,
            45008 more than one article, 40035 otherwise malformed.
    """
    return _read(body, _CUSTOM, limits)


def mass(body: dict[str, Any], limits: Limits) -> Item:
    """The item a mass message becomes; `Raises` as for `custom`."""
    return _read(body, _MASS, limits)


def template(text: str, data: dict[str, Any], url: str) -> Item:
    """The card a template message becomes.

    Raises:
        Refused: 47003, a variable has no value.
    """

    def filled(place: re.Match[str]) -> str:
        value = data.get(place[1])
        if not isinstance(value, dict) or not str(value.get("value") or ""):
            raise Refused(47003, f"argument invalid! data.{place[1]}.value is empty")
        return str(value["value"])

    return Item(kind="card", text=_PLACE.sub(filled, text), card={"url": url, "data": data})


def _read(
    body: dict[str, Any], readers: dict[str, Callable[[dict[str, Any]], Item]], limits: Limits
) -> Item:
    kind = body.get("msgtype")
    if kind not in readers:
        raise Refused(40008, "invalid message type")
    part = body.get(kind)
    if kind == "image" and part is None:
        part = body.get("images")  # the mass API's name for it
    if not isinstance(part, dict):
        raise Refused(40035, f"invalid argument: {kind}")
    item = readers[kind](part)
    if len(item.text.encode()) > limits.text_bytes:
        raise Refused(45002, "content size out of limit")
    return item


def _text(part: dict[str, Any]) -> Item:
    if not (content := str(part.get("content") or "")):
        raise Refused(44004, "empty content")
    return text_item(content)


def _image(part: dict[str, Any]) -> Item:
    listed = part.get("media_ids") or [None]
    media_id = part.get("media_id") or listed[0]
    if not media_id:
        raise Refused(40007, "invalid media_id")
    return Item(kind="image", image=str(media_id))


def _media(kind: str) -> Callable[[dict[str, Any]], Item]:
    def read(part: dict[str, Any]) -> Item:
        if not part.get("media_id"):
            raise Refused(40007, "invalid media_id")
        return Item(kind=kind, text=str(part.get("title") or ""), card=part)

    return read


def _news(part: dict[str, Any]) -> Item:
    articles = part.get("articles")
    if not isinstance(articles, list) or len(articles) != 1:
        raise Refused(45008, "article size out of limit")
    names = ("title", "description", "picurl", "url")
    return articles_item([{name: str(each.get(name) or "") for name in names} for each in articles])


def _menu(part: dict[str, Any]) -> Item:
    entries = part.get("list")
    if not isinstance(entries, list) or not entries:
        raise Refused(40035, "invalid argument: msgmenu.list")
    buttons = [Button(str(each.get("content")), str(each.get("id"))) for each in entries]
    text = "\n".join(str(part[k]) for k in ("head_content", "tail_content") if part.get(k))
    return Item(kind="menu", text=text, buttons=buttons)


def _page(part: dict[str, Any]) -> Item:
    return Item(kind="card", text=str(part.get("title") or ""), card=part)


_CUSTOM = {
    "text": _text,
    "image": _image,
    "voice": _media("voice"),
    "video": _media("video"),
    "news": _news,
    "msgmenu": _menu,
    "miniprogrampage": _page,
}
_MASS = {
    "text": _text,
    "image": _image,
    "voice": _media("voice"),
    "mpvideo": _media("video"),
    "mpnews": _media("news"),
}
