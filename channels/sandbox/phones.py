"""Who takes part, and what each of them sees on the phone."""

import asyncio
import re
from dataclasses import dataclass, field
from typing import Any, Literal

from pydantic import BaseModel, Field

Channel = Literal["oa", "wecom", "sms"]
Via = Literal["phone", "passive", "custom", "mass", "template", "app", "sms", "platform"]


class Persona(BaseModel):
    """A person with a phone; one may have several identities."""

    id: str = Field(min_length=1, max_length=128)
    name: str
    role: str = "customer"
    openid: str | None = None
    userid: str | None = None
    phone: str | None = None
    unionid: str | None = None
    following: bool = True
    in_scope: bool = True  # whether the WeCom app may see this member


@dataclass
class Button:
    """Something to tap; `key` is what the platform reports of a tap."""

    title: str
    key: str


@dataclass
class Item:
    """One thing on a phone. `seq` grows with every change, so a redrawn card gets a new one."""

    kind: str
    text: str = ""
    buttons: list[Button] = field(default_factory=list)
    image: str | None = None
    card: dict[str, Any] | None = None
    channel: Channel = "oa"
    via: Via = "phone"
    direction: Literal["sent", "received"] = "received"  # as the phone's owner sees it
    index: int = 0
    seq: int = 0
    at: str = ""


class Phone:
    """The items of one persona in order, and a bell for those who wait for the next."""

    def __init__(self, persona: Persona) -> None:
        self.persona = persona
        self.items: list[Item] = []
        self.seq = 0
        self.followed_at = 0  # seconds since 1970
        self._changed = asyncio.Event()

    def put(self, item: Item) -> None:
        item.index = len(self.items)
        self.items.append(item)
        self.touch(item)

    def touch(self, item: Item) -> None:
        """Say that `item` is new or looks different now."""
        self.seq += 1
        item.seq = self.seq
        self._changed.set()
        self._changed = asyncio.Event()

    async def since(self, seq: int, wait_seconds: float) -> list[Item]:
        """What changed after `seq`; waits for the first change if there is none yet."""
        if self.seq <= seq and wait_seconds > 0:
            changed = self._changed
            try:
                await asyncio.wait_for(changed.wait(), wait_seconds)
            except TimeoutError:
                return []
        return [item for item in self.items if item.seq > seq]


class Phones:
    """All phones, found by persona or by what a platform calls the person."""

    def __init__(self) -> None:
        self.by_id: dict[str, Phone] = {}
        self._by_identity: dict[tuple[str, str], Phone] = {}

    def register(self, persona: Persona) -> Phone:
        """Add a persona, or change one and keep what is on the phone."""
        phone = self.by_id.setdefault(persona.id, Phone(persona))
        for key in _identities(phone.persona):
            if self._by_identity.get(key) is phone:
                del self._by_identity[key]
        phone.persona = persona
        for key in _identities(persona):
            self._by_identity[key] = phone
        return phone

    def openid(self, openid: str) -> Phone | None:
        return self._by_identity.get(("openid", openid))

    def userid(self, userid: str) -> Phone | None:
        # WeCom compares user ids without case
        return self._by_identity.get(("userid", userid.lower()))

    def number(self, number: str) -> Phone | None:
        return self._by_identity.get(("phone", bare_number(number)))

    def members(self) -> list[str]:
        return [p.persona.userid for p in self.by_id.values() if p.persona.userid]


def bare_number(number: str) -> str:
    """A mainland number without its country prefix (+86, 0086 or 86)."""
    return re.sub(r"^(?:\+|00)?86(?=1\d{10}$)", "", number.strip())


def _identities(persona: Persona) -> list[tuple[str, str]]:
    known = [("openid", persona.openid)]
    known.append(("userid", persona.userid and persona.userid.lower()))
    known.append(("phone", persona.phone and bare_number(persona.phone)))
    return [(kind, value) for kind, value in known if value]
