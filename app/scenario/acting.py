"""What people do in a turn, as the sandbox takes it."""

from collections.abc import Callable
from typing import Any

from app.scenario.cast import Player
from app.scenario.phones import Phones
from app.scenario.script import TurnGiven

Said = dict[str, Any]

_EVENTS: dict[str, Callable[[TurnGiven], Said]] = {
    "user": lambda turn: {"kind": "text", "text": turn.user},
    "voice": lambda turn: {"kind": "voice", "recognition": turn.voice or None},
    "image": lambda turn: {"kind": "image", "image_url": turn.image},
    "location": lambda turn: {"kind": "location", "label": turn.location},
    "link": lambda turn: {"kind": "link", "title": turn.link, "url": turn.link},
    "scan": lambda turn: {"kind": "scan", "scene": turn.scan},
    "click": lambda turn: {"kind": "click", "key": turn.click},
    "subscribe": lambda turn: {"kind": "subscribe", "scene": _scene(turn)},
    "unsubscribe": lambda _: {"kind": "unsubscribe"},
    "enter": lambda _: {"kind": "enter_agent"},
}


def act(phones: Phones, turn: TurnGiven, player: Player) -> None:
    """Let somebody do it; comes back when the platform is done with it.

    Raises:
        NotPossible: they cannot, on this phone.
    """
    if turn.tap is not None:
        phones.tap(player.id, turn.tap, turn.select)
        return
    assert turn.event is not None
    said = _EVENTS[turn.event](turn)
    phones.say(player.id, said | {"channel": turn.channel, "message_id": turn.message_id})


def _scene(turn: TurnGiven) -> str:
    return turn.subscribe if isinstance(turn.subscribe, str) else ""
