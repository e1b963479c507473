"""A person does something on the phone, and the gateway's answer appears there."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol
from xml.etree import ElementTree as ET

from pydantic import BaseModel

from channels.sandbox.delivery import Account, Outcome, Status, push
from channels.sandbox.envelope import BadAnswer
from channels.sandbox.oa.account import OfficialAccount
from channels.sandbox.phones import Channel, Item, Persona, Phone
from channels.sandbox.said import EVENTS, Delivered, NotPossible, Said, as_item
from channels.sandbox.wecom import cards
from channels.sandbox.wecom.account import WecomApp, card_click
from channels.sandbox.world import World

_REMEMBERED = 10_000  # messages that can be sent again by their id


class Line(Account, Protocol):
    """An account as its followers or members use it."""

    apology: str  # what the platform itself says if the gateway fails; empty: nothing

    def identity(self, persona: Persona) -> str | None:
        """What this platform calls the person."""

    def compose(self, said: Said, phone: Phone) -> str:
        """The message to push; what the platform does on its own side is done.

        Raises:
            NotPossible: this person cannot do that here now.
        """

    def read(self, reply: ET.Element, phone: Phone, *, to_event: bool) -> Item | None:
        """What a passive reply shows.

        Raises:
            BadAnswer: it is not a reply to this person.
        """


LINES: dict[Channel, Callable[[World], Line]] = {"oa": OfficialAccount, "wecom": WecomApp}


class Tap(BaseModel):
    """The body of `POST /control/clicks`: a button of an item on the phone.

    The item is named by its `index` or, a card, by `task_id`; the button by its key or title.
    """

    persona: str
    index: int | None = None
    task_id: str | None = None
    key: str
    selected: dict[str, list[str]] = {}


@dataclass
class Answer:
    """What a delivery came to; `repeat` if the message had been delivered before."""

    shown: list[Item]
    attempts: int
    status: Status
    repeat: bool = False


async def speak(world: World, said: Said) -> Answer:
    """Deliver what a person says or does, and show the answer.

    A `message_id` that was used before sends the very same message again, as a platform does that
    missed the answer; the answer is returned, and shown only if none was yet.

    Raises:
        NotPossible: no such person, or this cannot be done from this phone.
    """
    phone = _phone(world, said.persona)
    line = _line(world, phone, said.channel)
    known = (line.channel, said.message_id or "")
    before = world.said.get(known) if said.message_id else None
    if before is None:
        before = Delivered(said, line.compose(said, phone))
        world.show(phone, as_item(said), line.channel, "phone")
        if said.message_id:
            _remember(world, known, before)
    elif before.said != said:
        raise NotPossible(409, "message_id_reused")
    else:
        return await _deliver_again(world, line, phone, before)
    outcome = await push(world, line, before.message, _sender(line, phone))
    answer = _show(world, line, phone, outcome, to_event=said.kind in EVENTS)
    before.shown = answer.shown if answer.status == "replied" else []
    return answer


async def tap(world: World, wanted: Tap) -> Answer:
    """Press a button on the phone: a card's, a menu message's or a link in a text.

    Raises:
        NotPossible: there is no such button.
    """
    phone = _phone(world, wanted.persona)
    item = _item(phone, wanted)
    button = next((b for b in item.buttons if wanted.key in {b.key, b.title}), None)
    if button is None:
        raise NotPossible(409, "no_such_button")
    if item.card is None or item.channel != "wecom":
        said = Said(persona=wanted.persona, channel="oa", text=button.title, menu_id=button.key)
        return await speak(world, said)
    world.show(phone, Item(kind="event", text=f"点击了「{button.title}」"), "wecom", "phone")
    return await _click_card(world, phone, item, button.key, wanted.selected)


async def _click_card(
    world: World, phone: Phone, item: Item, key: str, selected: Mapping[str, Sequence[str]]
) -> Answer:
    line = WecomApp(world)
    content = item.card or {}
    card = world.cards.by_task(str(content.get("task_id") or ""))
    code = world.cards.issue(card, world.clock.now()) if card else ""
    userid = _sender(line, phone)
    message = card_click(content, key, selected, userid=userid, response_code=code, world=world)
    outcome = await push(world, line, message, userid)
    if outcome.reply is not None and cards.redraw(item, outcome.reply, world.limits):
        phone.touch(item)
        return Answer([item], outcome.attempts, outcome.status)
    return _show(world, line, phone, outcome, to_event=True)


async def _deliver_again(world: World, line: Line, phone: Phone, before: Delivered) -> Answer:
    outcome = await push(world, line, before.message, _sender(line, phone))
    to_event = before.said.kind in EVENTS
    if before.shown and outcome.status == "replied":
        item = _read(line, phone, outcome, to_event=to_event)
        shown = [item] if item else []
        return Answer(shown, outcome.attempts, outcome.status, repeat=True)
    answer = _show(world, line, phone, outcome, to_event=to_event)
    before.shown = answer.shown if answer.status == "replied" else []
    answer.repeat = True
    return answer


def _show(world: World, line: Line, phone: Phone, outcome: Outcome, *, to_event: bool) -> Answer:
    status = outcome.status
    item: Item | None = None
    try:
        item = _read(line, phone, outcome, to_event=to_event)
    except BadAnswer:
        world.count("bad_answers", line.channel)
        status = "unavailable"
    if line.channel == "oa" and not phone.persona.following:
        return Answer([], outcome.attempts, status)  # who has left sees nothing any more
    if status == "unavailable" and line.apology:
        notice = Item(kind="notice", text=line.apology)
        shown = world.show(phone, notice, line.channel, "platform")
        return Answer([shown], outcome.attempts, status)
    if item is None:
        return Answer([], outcome.attempts, status)
    return Answer([world.show(phone, item, line.channel, "passive")], outcome.attempts, status)


def _read(line: Line, phone: Phone, outcome: Outcome, *, to_event: bool) -> Item | None:
    if outcome.reply is None:
        return None
    return line.read(outcome.reply, phone, to_event=to_event)


def _phone(world: World, persona: str) -> Phone:
    if (phone := world.phones.by_id.get(persona)) is None:
        raise NotPossible(404, "no_such_persona")
    return phone


def _line(world: World, phone: Phone, channel: Channel | None) -> Line:
    wanted = channel or ("oa" if phone.persona.openid else "wecom")
    line = LINES[wanted](world)
    if not line.identity(phone.persona):
        raise NotPossible(409, "no_identity_there")
    return line


def _sender(line: Line, phone: Phone) -> str:
    return line.identity(phone.persona) or ""


def _remember(world: World, known: tuple[Channel, str], delivered: Delivered) -> None:
    world.said[known] = delivered
    if len(world.said) > _REMEMBERED:
        world.said.popitem(last=False)


def _item(phone: Phone, wanted: Tap) -> Item:
    if wanted.index is not None and 0 <= wanted.index < len(phone.items):
        return phone.items[wanted.index]
    if wanted.task_id:
        for item in reversed(phone.items):
            if item.card and item.card.get("task_id") == wanted.task_id:
                return item
    raise NotPossible(404, "no_such_item")
