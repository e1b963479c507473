"""The turns of a scenario: who does what, and what must come of it."""

from typing import Annotated, Any, Literal

from pydantic import Field, model_validator

from app.scenario.given import Given
from app.scenario.part import Name, Part, Text, Words
from app.scenario.times import Clock, Forward

EVENTS = (
    "user", "voice", "image", "location", "link", "scan", "click", "tap", "subscribe",
    "unsubscribe", "enter", "command",
)  # fmt: skip


class Pushed(Part):
    """What somebody receives without having said anything in this turn."""

    to: Name
    contains_all: Words = ()
    contains_any: Words = ()
    not_contains: Words = ()
    silent: bool = False  # they receive nothing


class Expected(Part):
    """What must come of a turn; what is not named may be anything."""

    intent: Words = ()  # the allowed ones
    contains_all: Words = ()
    contains_any: Words = ()
    not_contains: Words = ()
    silent: bool = False  # the sender's phone shows nothing new
    pushed: tuple[Pushed, ...] = ()
    state: dict[str, Any] = Field(
        default_factory=dict
    )  # facts, or people with their facts; see facts.py


class TurnGiven(Part):
    """One thing that somebody does, or time that goes by."""

    user: Annotated[str, Field(max_length=20_000)] | None = None
    voice: str | None = None  # the recognised words; empty: none were
    image: str | None = None  # its address
    location: Text | None = None
    link: Text | None = None
    scan: Text | None = None  # the scene of a QR code
    click: Text | None = None  # the key of a menu
    tap: Text | None = None  # a button on the newest card or menu that has it
    select: Text | None = None  # with `tap`: what is chosen in the card's list first
    subscribe: bool | str | None = None  # true, or the scene of the code that was scanned
    unsubscribe: Literal[True] | None = None
    enter: Literal[True] | None = None  # opens the WeCom app
    command: Text | None = None  # what an operator types after `dianyu`
    sender: Name | None = Field(default=None, alias="as")  # none: the scenario's own `as`
    channel: Literal["oa", "wecom"] | None = None  # none: where the sender is
    message_id: Annotated[str, Field(min_length=1, max_length=128)] | None = None
    after: Forward | None = None  # the clock moves on, and what is due is done, before all else
    expect: Expected = Expected()
    note: str = ""  # for the reader

    @model_validator(mode="after")
    def _does_something(self) -> "TurnGiven":
        named = [event for event in EVENTS if getattr(self, event) is not None]
        if len(named) > 1:
            raise ValueError(f"one thing a turn: {' and '.join(named)} are two")
        if not named and self.after is None:
            raise ValueError(f"a turn needs one of {', '.join(EVENTS)}, or after")
        if self.select is not None and self.tap is None:
            raise ValueError("select goes with tap")
        return self

    @property
    def event(self) -> str | None:
        """Which of EVENTS it is; None where only time goes by."""
        return next((event for event in EVENTS if getattr(self, event) is not None), None)

    @property
    def said(self) -> str:
        """The turn in a few words, for reports."""
        if self.event is None:
            return "time goes by"
        value = getattr(self, self.event)
        return str(value) if self.event == "user" else f"{self.event} {value}"


class Scenario(Part):
    """A whole file."""

    scenario: str = ""  # its title
    clock: Clock | None = None  # none: now
    given: Given
    sender: Name | None = Field(default=None, alias="as")  # of turns without; none: first customer
    turns: tuple[TurnGiven, ...] = ()
