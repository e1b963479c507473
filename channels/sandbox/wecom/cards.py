"""Template cards: their task ids, who has them, and the codes that allow one change each."""

import re
import secrets
from dataclasses import dataclass, field
from typing import Any
from xml.etree import ElementTree as ET

from channels.sandbox import xml
from channels.sandbox.config import Limits
from channels.sandbox.errors import Refused
from channels.sandbox.phones import Button, Item

TYPES = {
    "text_notice",
    "news_notice",
    "button_interaction",
    "vote_interaction",
    "multiple_interaction",
}
INTERACTIVE = {"button_interaction", "vote_interaction", "multiple_interaction"}


@dataclass
class Card:
    """One card and the items it became, by the member who sees them."""

    task_id: str
    items: dict[str, Item] = field(default_factory=dict)


@dataclass
class Code:
    card: Card
    issued_at: float
    used: bool = False


class Cards:
    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._by_task: dict[str, Card] = {}
        self._codes: dict[str, Code] = {}

    def register(self, content: dict[str, Any]) -> Card:
        """Take note of a new card.

        Raises:
            Refused: 40058 it is malformed, 42014 its task id was used before.
        """
        check(content, self._limits)
        task_id = str(content.get("task_id") or "")
        if task_id in self._by_task:
            raise Refused(42014, "task_id has been used")
        card = Card(task_id)
        if task_id:
            self._by_task[task_id] = card
        return card

    def issue(self, card: Card, now: float) -> str:
        """A response code for one change of `card`."""
        code = secrets.token_urlsafe(24)
        self._codes[code] = Code(card, now)
        return code

    def redeem(self, code: str, now: float) -> Card:
        """Use up a response code.

        Raises:
            Refused: 40058, it is unknown, used or older than 72 hours.
        """
        known = self._codes.get(code)
        if known is None:
            raise Refused(40058, "invalid Request Parameter: response_code")
        if known.used:
            raise Refused(40058, "response_code has been used")
        if now - known.issued_at > self._limits.card_code_seconds:
            raise Refused(40058, "response_code expired")
        known.used = True
        return known.card

    def by_task(self, task_id: str) -> Card | None:
        return self._by_task.get(task_id)


def check(card: dict[str, Any], limits: Limits) -> None:
    """Hold a card to the documented form.

    Raises:
        Refused: 40058, naming the field.
    """
    kind = card.get("card_type")
    if kind not in TYPES:
        raise _bad("card_type")
    task_id = card.get("task_id") or ""
    if kind in INTERACTIVE and not re.fullmatch(r"[0-9A-Za-z_@-]{1,128}", task_id):
        raise _bad("task_id")
    if not (_title(card) or card.get("sub_title_text")):
        raise _bad("main_title")
    if kind == "button_interaction":
        _check_buttons(card.get("button_list"), limits)


def draw(item: Item, card: dict[str, Any]) -> None:
    """Make `item` show `card`."""
    lines = [_title(card), (card.get("main_title") or {}).get("desc"), card.get("sub_title_text")]
    rows = card.get("horizontal_content_list") or []
    lines += [f"{row.get('keyname', '')}：{row.get('value', '')}" for row in rows]
    item.text = "\n".join(line for line in lines if line)
    item.card = card
    if card.get("replace_text"):  # documented for updates: one grey button that does nothing
        replace_button(item, str(card["replace_text"]))
        return
    buttons = [*(card.get("button_list") or []), card.get("submit_button") or {}]
    item.buttons = [Button(b.get("text", ""), b["key"]) for b in buttons if b.get("key")]


def change(item: Item, template: dict[str, Any] | None, button: dict[str, Any] | None) -> None:
    """What `update_template_card` does: a whole new card, or one dead button."""
    if template is not None:
        draw(item, template)
    elif button is not None:
        replace_button(item, str(button["replace_name"]))


def replace_button(item: Item, name: str) -> None:
    """Put one dead button with this name where the buttons were."""
    if item.card is not None:
        item.card = {**item.card, "button_list": [{"text": name}]}
    item.buttons = []


def redraw(item: Item, reply: ET.Element, limits: Limits) -> bool:
    """Change a card as the passive reply to a click on it asks; False if it asks for no change.

    A change that WeCom would not accept leaves the card as it was.
    """
    kind = xml.text_of(reply, "MsgType")
    if kind == "update_button":
        replace_button(item, xml.text_of(reply, "Button/ReplaceName"))
        return True
    template = reply.find("TemplateCard")
    if kind != "update_template_card" or template is None:
        return False
    card = {"task_id": (item.card or {}).get("task_id"), **xml.as_card(template)}
    try:
        check(card, limits)
    except Refused:
        return False
    draw(item, card)
    return True


def _title(card: dict[str, Any]) -> str:
    return str((card.get("main_title") or {}).get("title") or "")


def _check_buttons(buttons: Any, limits: Limits) -> None:
    if not isinstance(buttons, list) or not 1 <= len(buttons) <= limits.card_buttons:
        raise _bad("button_list")
    if not all(
        button.get("text") and (button.get("key") or button.get("url")) for button in buttons
    ):
        raise _bad("button_list")


def _bad(field_name: str) -> Refused:
    return Refused(40058, f"invalid Request Parameter: template_card.{field_name}")
