"""Turns as the gateway sends them."""

from typing import Any

NOW = "2026-03-12T14:00:00+08:00"
Json = dict[str, Any]


def a_turn(text: str | None = None, **changes: Any) -> Json:
    return {
        "conversation_id": "c_1",
        "inbound_id": 42,
        "role": "customer",
        "now": NOW,
        "text": text,
        "state": None,
        **changes,
    }


def an_event(intent: str, **changes: Any) -> Json:
    return a_turn(intent=intent, **changes)


def texts(answer: Json) -> list[str]:
    return [reply["text"] for reply in answer["replies"]]
