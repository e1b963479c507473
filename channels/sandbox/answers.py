"""Passive replies: what the gateway's answer to a callback puts on the phone."""

import re
from collections.abc import Callable
from html import unescape
from urllib.parse import parse_qs, urlsplit
from xml.etree import ElementTree as ET

from channels.sandbox.envelope import BadAnswer
from channels.sandbox.phones import Button, Item
from channels.sandbox.xml import text_of

# The client turns such a link into something to tap that sends its text.
_MENU_LINK = re.compile(
    r'<a href=["\'](weixin://bizmsgmenu\?[^"\']+)["\'][^>]*>(.*?)</a>', re.DOTALL
)


def read(reply: ET.Element, *, to: str, sender: str, articles: int = 8) -> Item | None:
    """The item a reply to `to` becomes; None if it shows nothing. At most `articles` of news.

    Raises:
        BadAnswer: it is not a reply of the documented form to this person.
    """
    addressed = text_of(reply, "ToUserName"), text_of(reply, "FromUserName")
    if addressed != (to, sender):
        raise BadAnswer("the reply is for somebody else")
    if not text_of(reply, "CreateTime").isdigit():
        raise BadAnswer("CreateTime is not a number")
    kind = text_of(reply, "MsgType")
    if kind == "transfer_customer_service":
        return None
    if kind not in _READERS:
        raise BadAnswer(f"no reply of type {kind}")
    item = _READERS[kind](reply)
    if item.card and "articles" in item.card:
        item.card["articles"] = item.card["articles"][:articles]
    return item


def text_item(text: str) -> Item:
    """A text as the client shows it: menu links become buttons."""
    buttons = []
    for href, label in _MENU_LINK.findall(text):
        query = parse_qs(urlsplit(unescape(href)).query)
        sends = query.get("msgmenucontent", [label])[0]
        buttons.append(Button(sends, query.get("msgmenuid", [sends])[0]))
    return Item(kind="text", text=_MENU_LINK.sub(r"\2", text), buttons=buttons)


def articles_item(articles: list[dict[str, str]]) -> Item:
    """News, as one item with its articles in `card`."""
    titles = "\n".join(article["title"] for article in articles)
    first = articles[0].get("picurl") or None if articles else None
    return Item(kind="news", text=titles, image=first, card={"articles": articles})


def _text(reply: ET.Element) -> Item:
    text = text_of(reply, "Content")
    if not text:
        raise BadAnswer("empty Content")
    return text_item(text)


def _image(reply: ET.Element) -> Item:
    return Item(kind="image", image=_media(reply, "Image"))


def _voice(reply: ET.Element) -> Item:
    return Item(kind="voice", card={"media_id": _media(reply, "Voice")})


def _video(reply: ET.Element) -> Item:
    media = _media(reply, "Video")
    title = text_of(reply, "Video/Title")
    return Item(kind="video", text=title, card={"media_id": media})


def _music(reply: ET.Element) -> Item:
    url = text_of(reply, "Music/MusicUrl")
    return Item(kind="music", text=text_of(reply, "Music/Title"), card={"url": url})


def _news(reply: ET.Element) -> Item:
    articles = [
        {name.lower(): text_of(each, name) for name in ("Title", "Description", "PicUrl", "Url")}
        for each in reply.findall("Articles/item")
    ]
    if not articles or text_of(reply, "ArticleCount") != str(len(articles)):
        raise BadAnswer("ArticleCount does not match the articles")
    return articles_item(articles)


def _media(reply: ET.Element, tag: str) -> str:
    media_id = text_of(reply, f"{tag}/MediaId")
    if not media_id:
        raise BadAnswer(f"{tag} without MediaId")
    return media_id


_READERS: dict[str, Callable[[ET.Element], Item]] = {
    "text": _text,
    "image": _image,
    "voice": _voice,
    "video": _video,
    "music": _music,
    "news": _news,
}
