"""One turn as an action sees it: what was said, what is known, what to answer."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from rasa_sdk import Tracker
from rasa_sdk.events import ActiveLoop, EventType, FollowupAction, SlotSet
from rasa_sdk.executor import CollectingDispatcher


@dataclass(frozen=True)
class Mention:
    """An entity where it was said; offsets count code points of `Turn.text`."""

    entity: str
    value: str
    start: int
    end: int


@dataclass(frozen=True)
class Option:
    """One line of a list; picking it sets `slots` and runs `action`."""

    title: str
    action: str
    slots: dict[str, Any] = field(default_factory=dict)


class Turn:
    """Reads the tracker, collects what to say and which slots to set."""

    def __init__(self, dispatcher: CollectingDispatcher, tracker: Tracker, action: str) -> None:
        self._dispatcher = dispatcher
        self._tracker = tracker
        self.action = action
        self.events: list[EventType] = []

    @property
    def inbound_id(self) -> int:
        """The stored message this turn answers; the only thing believed of the metadata."""
        return int(self._tracker.latest_message["metadata"]["inbound_id"])

    @property
    def ref(self) -> str:
        """One write of one action in one turn, however often the turn is replayed."""
        return f"chat:{self.inbound_id}:{self.action}"

    @property
    def text(self) -> str:
        return self._tracker.latest_message.get("text") or ""

    @property
    def normalised(self) -> str:
        """The text as understood: simplified, half width, without slips; for looking words up."""
        return self._tracker.latest_message.get("normalised") or self.text

    @property
    def intent(self) -> str:
        return str((self._tracker.latest_message.get("intent") or {}).get("name") or "")

    @property
    def form(self) -> str | None:
        """The form that is being filled."""
        name = (self._tracker.active_loop or {}).get("name")
        return str(name) if name else None

    @property
    def asked(self) -> str | None:
        """The slot the form asked for."""
        name = self.slot("requested_slot")
        return str(name) if name else None

    def slot(self, name: str) -> Any:
        """The slot's value, one set earlier in this turn included."""
        for event in reversed(self.events):
            if event.get("event") == "slot" and event.get("name") == name:
                return event.get("value")
        return self._tracker.slots.get(name)

    def entities(self, name: str) -> list[str]:
        """The values of all entities of this name, in the order they were said."""
        found = self._tracker.latest_message.get("entities") or []
        return [str(entity["value"]) for entity in found if entity["entity"] == name]

    def entity(self, name: str) -> str | None:
        """The value of the first entity of this name."""
        return next(iter(self.entities(name)), None)

    def mentions(self, *names: str) -> list[Mention]:
        """The entities of these names, in the order they were said."""
        entities = self._tracker.latest_message.get("entities") or []
        said = [_mention(entity, self.text) for entity in entities if entity["entity"] in names]
        return sorted(said, key=lambda mention: mention.start)

    def say(self, response: str, **values: object) -> None:
        """Answer with a response of the domain; `values` fill its {variables}."""
        self._dispatcher.utter_message(response=response, **values)

    def offer(self, response: str, options: Sequence[Option], **values: object) -> None:
        """Answer with a numbered list that 「第二个」 picks from; the response has {lines}."""
        lines = "\n".join(f"{n}. {option.title}" for n, option in enumerate(options, 1))
        self.say(response, lines=lines, **values)
        self._list(options)

    def suggest(self, response: str, options: Sequence[Option], **values: object) -> None:
        """Answer with quick replies; the channel shows buttons or a numbered menu."""
        buttons = [
            {"title": option.title, "payload": f"第{n}个"} for n, option in enumerate(options, 1)
        ]
        self._dispatcher.utter_message(response=response, buttons=buttons, **values)
        self._list(options)

    def set(self, slot: str, value: object) -> None:
        """Set a slot; JSON values only."""
        self.events.append(SlotSet(slot, value))

    def then(self, action: str) -> None:
        """Run this action or form next."""
        self.events.append(FollowupAction(action))

    def leave_form(self) -> None:
        """End the form that is being filled, without what follows a filled one."""
        self.events += [ActiveLoop(None), SlotSet("requested_slot", None)]
        self.set("failures", 0)  # a validation that sets no slot would count as a digression
        self.then("action_listen")  # else the rule of the form's end would run

    def _list(self, options: Sequence[Option]) -> None:
        self.set("options", [asdict(option) for option in options])
        self.set("options_of", self.inbound_id)

    def forget_words(self) -> None:
        """Say nothing of what was collected: the transaction behind it failed."""
        self._dispatcher.messages.clear()
        self.events.clear()


def _mention(entity: dict[str, Any], text: str) -> Mention:
    value = str(entity["value"])
    start = entity.get("start", max(text.find(value), 0))  # an event has no offsets
    return Mention(entity["entity"], value, start, entity.get("end", start + len(value)))
