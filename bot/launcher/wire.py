"""What comes in over HTTP, checked once: a turn, or texts to understand."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson

ROLES = frozenset({"customer", "assistant", "manager", "service", "marketer", "admin"})
LONGEST_TEXT = 4000  # code points; twice what WeChat or WeCom deliver in one message
LONGEST_ID = 128
Json = dict[str, Any]


class Malformed(Exception):
    """The request breaks the contract; the message says where, and quotes nobody's text."""


@dataclass(frozen=True)
class Turn:
    """One message or event of one conversation, with the state its last answer returned."""

    conversation_id: str
    metadata: Json
    text: str | None
    intent: str | None
    entities: Json
    state: Json | None


@dataclass(frozen=True)
class Item:
    """One text to understand as somebody of a role would have it understood."""

    text: str
    metadata: Json


def turn(body: bytes) -> Turn:
    """The turn in a request's body.

    Raises:
        Malformed: it is not one.
    """
    data = _object(body)
    text, intent = _optional(data, "text"), _optional(data, "intent")
    if (text is None) == (intent is None):
        raise Malformed("exactly one of text and intent must be given")
    if text is not None and len(text) > LONGEST_TEXT:
        raise Malformed(f"text is longer than {LONGEST_TEXT} characters")
    inbound_id = data.get("inbound_id")
    if type(inbound_id) is not int:
        raise Malformed("inbound_id must be an integer")
    return Turn(
        conversation_id=_identifier(data, "conversation_id"),
        metadata={"inbound_id": inbound_id, "role": _role(data), "now": _now(data, required=True)},
        text=text,
        intent=intent,
        entities=_mapping(data, "entities") or {},
        state=_mapping(data, "state"),
    )


def items(body: bytes) -> list[Item]:
    """The texts to understand in a request's body.

    Raises:
        Malformed: it is not a list of them.
    """
    listed = _object(body).get("items")
    if not isinstance(listed, list):
        raise Malformed("items must be a list")
    return [_item(data) for data in listed]


def dumps(data: Json) -> bytes:
    """JSON, with the numpy numbers that classifiers leave behind."""
    return orjson.dumps(data, default=str, option=orjson.OPT_SERIALIZE_NUMPY)


def _item(data: object) -> Item:
    if not isinstance(data, dict):
        raise Malformed("an item must be an object")
    text = _optional(data, "text")
    if text is None or len(text) > LONGEST_TEXT:
        raise Malformed(f"text must be a string of at most {LONGEST_TEXT} characters")
    metadata = {"inbound_id": None, "role": _role(data), "now": _now(data, required=False)}
    return Item(text, metadata)


def _object(body: bytes) -> Json:
    try:
        data = orjson.loads(body)
    except orjson.JSONDecodeError:
        raise Malformed("the body is not JSON") from None
    if not isinstance(data, dict):
        raise Malformed("the body must be an object")
    return data


def _optional(data: Json, key: str) -> str | None:
    value = data.get(key)
    if value is not None and not isinstance(value, str):
        raise Malformed(f"{key} must be a string")
    return value


def _identifier(data: Json, key: str) -> str:
    value = _optional(data, key)
    if not value or len(value) > LONGEST_ID:
        raise Malformed(f"{key} must have 1 to {LONGEST_ID} characters")
    return value


def _mapping(data: Json, key: str) -> Json | None:
    value = data.get(key)
    if value is not None and not isinstance(value, dict):
        raise Malformed(f"{key} must be an object")
    return value


def _role(data: Json) -> str:
    role = data.get("role")
    if role not in ROLES:
        raise Malformed(f"role must be one of {', '.join(sorted(ROLES))}")
    return str(role)


def _now(data: Json, *, required: bool) -> str | None:
    now = _optional(data, "now")
    if now is None and not required:
        return None
    try:
        aware = datetime.fromisoformat((now or "").replace("Z", "+00:00")).tzinfo is not None
    except ValueError:
        aware = False
    if not aware:
        raise Malformed("now must be an ISO date and time with its offset from UTC")
    return now
