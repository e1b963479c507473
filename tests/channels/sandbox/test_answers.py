"""Passive replies of each kind, and what they look like on the phone."""

from typing import Any

import pytest

from tests.channels.sandbox.gateway import Answer, Gateway, a_reply
from tests.channels.sandbox.platform import CUSTOMER, OPENID, Platform

GH = "gh_shop00000001"
ARTICLE = (
    "<item><Title><![CDATA[春季新品]]></Title><Description><![CDATA[风衣]]></Description>"
    "<PicUrl><![CDATA[http://a.example/1.jpg]]></PicUrl><Url><![CDATA[http://a.example]]></Url></item>"
)


def shown(platform: Platform, gateway: Gateway, kind: str, body: str) -> list[dict[str, Any]]:
    gateway.answers = [Answer(a_reply(OPENID, GH, "", kind, body=body))]
    items: list[dict[str, Any]] = platform.say(CUSTOMER)["shown"]
    return items


@pytest.mark.parametrize("kind", ["image", "voice", "video"])
def test_media_replies_name_their_media(platform: Platform, gateway: Gateway, kind: str) -> None:
    tag = kind.capitalize()
    items = shown(platform, gateway, kind, f"<{tag}><MediaId>media-1</MediaId></{tag}>")
    assert items[0]["kind"] == kind
    assert "media-1" in {items[0]["image"], (items[0]["card"] or {}).get("media_id")}


@pytest.mark.parametrize("kind", ["image", "voice", "video"])
def test_media_replies_need_media(platform: Platform, gateway: Gateway, kind: str) -> None:
    tag = kind.capitalize()
    assert shown(platform, gateway, kind, f"<{tag}></{tag}>")[0]["kind"] == "notice"


def test_music_has_a_title_and_a_link(platform: Platform, gateway: Gateway) -> None:
    body = "<Music><Title>春</Title><MusicUrl>http://a.example/1.mp3</MusicUrl></Music>"
    item = shown(platform, gateway, "music", body)[0]
    assert (item["text"], item["card"]) == ("春", {"url": "http://a.example/1.mp3"})


def test_news_to_a_message_is_one_article(platform: Platform, gateway: Gateway) -> None:
    body = f"<ArticleCount>2</ArticleCount><Articles>{ARTICLE * 2}</Articles>"
    item = shown(platform, gateway, "news", body)[0]
    assert (item["kind"], item["image"]) == ("news", "http://a.example/1.jpg")
    assert [article["title"] for article in item["card"]["articles"]] == ["春季新品"]


def test_news_to_an_event_may_have_more(platform: Platform, gateway: Gateway) -> None:
    body = f"<ArticleCount>2</ArticleCount><Articles>{ARTICLE * 2}</Articles>"
    gateway.answers = [Answer(a_reply(OPENID, GH, "", "news", body=body))]
    item = platform.say(CUSTOMER, kind="click", key="NEW")["shown"][0]
    assert len(item["card"]["articles"]) == 2


def test_news_must_count_its_articles(platform: Platform, gateway: Gateway) -> None:
    body = f"<ArticleCount>3</ArticleCount><Articles>{ARTICLE}</Articles>"
    assert shown(platform, gateway, "news", body)[0]["kind"] == "notice"


def test_handing_over_to_the_service_desk_shows_nothing(
    platform: Platform, gateway: Gateway
) -> None:
    assert shown(platform, gateway, "transfer_customer_service", "<A/>") == []


def test_menu_links_are_buttons_that_send_their_text(platform: Platform, gateway: Gateway) -> None:
    link = "weixin://bizmsgmenu?msgmenucontent=%E7%A7%AF%E5%88%86&amp;msgmenuid=7"
    text = f'您好\n<a href="{link}">看积分</a>'
    gateway.answers = [Answer(a_reply(OPENID, GH, text))]
    item = platform.say(CUSTOMER)["shown"][0]
    assert item["text"] == "您好\n看积分"
    assert item["buttons"] == [{"title": "积分", "key": "7"}]

    platform.post("/clicks", {"persona": CUSTOMER["id"], "index": item["index"], "key": "7"})
    tapped = gateway.received[-1].message
    assert (tapped["Content"], tapped["bizmsgmenuid"]) == ("积分", "7")
