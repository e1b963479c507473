"""Replies as a phone shows them: texts, buttons as a numbered menu, cut to the platform's size."""

import re
from collections.abc import Iterable, Sequence
from typing import Any

# OA and WeCom cut beyond it (doc 90241; for the OA measured by others).
MOST_TEXT_BYTES = 2048
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")


def text_of(replies: Iterable[dict[str, Any]]) -> str:
    """All replies of one turn as one text; pictures become links."""
    return "\n\n".join(filter(None, (_one(reply) for reply in replies)))


def clean(text: str) -> str:
    """Without control characters, and with no `]]>` that would end a CDATA section."""
    return _CONTROL.sub("", text).replace("]]>", "]] >")


def cut(text: str, most_bytes: int = MOST_TEXT_BYTES) -> str:
    """At most that many bytes of UTF-8, cut between characters, with an ellipsis where cut."""
    encoded = text.encode()
    if len(encoded) <= most_bytes:
        return text
    ellipsis = "…"
    return encoded[: most_bytes - len(ellipsis.encode())].decode(errors="ignore") + ellipsis


def parts(text: str, most_bytes: int = MOST_TEXT_BYTES, most_parts: int = 5) -> Sequence[str]:
    """A long text in parts that fit, cut at line ends where possible; the last one is cut."""
    made: list[str] = []
    rest = text
    while len(rest.encode()) > most_bytes and len(made) < most_parts - 1:
        head = rest.encode()[:most_bytes].decode(errors="ignore")
        at = head.rfind("\n")
        head = head[:at] if at > 0 else head
        made.append(head)
        rest = rest[len(head) :].lstrip("\n")
    return [*made, cut(rest, most_bytes)]


def _one(reply: dict[str, Any]) -> str:
    lines = [reply.get("text") or ""]
    lines += [f"{n}. {button['title']}" for n, button in enumerate(reply.get("buttons") or [], 1)]
    if image := reply.get("image"):
        lines.append(str(image))
    return "\n".join(line for line in lines if line)
