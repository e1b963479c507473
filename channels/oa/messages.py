"""What an official account's callback says, as one of our messages."""

from datetime import UTC, datetime
from http import HTTPStatus
from typing import Any

from channels.callback import Refused
from channels.envelope import Opened
from crm_core.customers.models import IdentityKind
from crm_core.inbound.service import Message, Sender

_MOST_TEXT = 4000
_EVENTS = frozenset({"subscribe", "unsubscribe", "scan", "click"})
_SCENE_PREFIX = "qrscene_"  # of the EventKey when a new follower scanned
INTENT_KEY = "intent:"  # a menu's key that asks as if it had been said
MENU_INTENTS = frozenset(
    {"query_points", "query_profile", "list_polls", "help", "file_complaint", "human_handoff"}
)


def is_notice(opened: Opened) -> bool:
    """Whether it is an event that tells us nothing about a follower, and may not even be from one:
    the platform's own report of a mass send, say. Nothing is kept of it.
    """
    return opened.get("MsgType").lower() == "event" and _event_name(opened) not in _EVENTS


def message(opened: Opened, appid: str) -> Message:
    """One message or event.

    Raises:
        Refused: a field that every message has is missing or malformed.
    """
    kind = opened.text("MsgType").lower()
    event = _event_name(opened) if kind == "event" else ""
    said, data = _event(opened, event) if event else content(opened, kind)
    return Message(
        channel="oa",
        account=appid,
        message_id=_id(opened, event),
        sender=Sender(IdentityKind.OA_OPENID, opened.text("FromUserName")[:128]),
        kind=(event or kind)[:32],
        sent_at=sent_at(opened),
        text=said,
        data=data,
    )


def sent_at(opened: Opened) -> datetime:
    """CreateTime, in seconds.

    Raises:
        Refused: it is missing or not a moment.
    """
    try:
        return datetime.fromtimestamp(int(opened.text("CreateTime")), UTC)
    except (ValueError, OverflowError, OSError):
        raise Refused("malformed_field", HTTPStatus.BAD_REQUEST) from None


def content(opened: Opened, kind: str) -> tuple[str | None, dict[str, Any]]:
    """The words of a plain message, or what it carries where there are none to read."""
    words = {"text": "Content", "voice": "Recognition"}.get(kind)
    if words and (said := opened.get(words).strip()):
        return said[:_MOST_TEXT], {}
    fields = ("MediaId", "PicUrl", "Location_X", "Location_Y", "Label", "Title", "Url")
    kept = {name: opened.get(name) for name in fields if opened.get(name)}
    return None, {"intent": "media_received", "fields": kept}


def _event_name(opened: Opened) -> str:
    return opened.text("Event").lower()


def _id(opened: Opened, event: str) -> str:
    """Messages have a MsgId; events are told apart by sender, second, event and key."""
    if number := opened.get("MsgId"):
        return number[:128]
    parts = opened.text("FromUserName"), opened.text("CreateTime"), event, opened.get("EventKey")
    return ":".join(parts)[:128]


def _event(opened: Opened, event: str) -> tuple[None, dict[str, Any]]:
    key = opened.get("EventKey")
    match event:
        case "subscribe":
            return None, _scanned(key.removeprefix(_SCENE_PREFIX))
        case "scan":
            return None, _scanned(key)
        case "click" if key.removeprefix(INTENT_KEY) in MENU_INTENTS:
            return None, {"intent": key.removeprefix(INTENT_KEY)}
        case "click":
            return None, {"intent": "help"}
        case _:
            return None, {"quiet": True}


def _scanned(scene: str) -> dict[str, Any]:
    data: dict[str, Any] = {"intent": "subscribed"}
    return data | {"scene": scene[:64]} if scene else data
