"""Events as they are kept: without what policies never read, and without what was overwritten."""

from collections.abc import Iterable
from typing import Any

from rasa.shared.core.events import (
    ActionExecuted,
    ActionExecutionRejected,
    ActiveLoop,
    AgentUttered,
    AllSlotsReset,
    BotUttered,
    ConversationPaused,
    ConversationResumed,
    DefinePrevUserUtteredFeaturization,
    EntitiesAdded,
    Event,
    FollowupAction,
    LoopInterrupted,
    ReminderCancelled,
    ReminderScheduled,
    SessionStarted,
    SlotSet,
    StoryExported,
    UserUttered,
)

from bot.launcher.wire import Json

KINDS: dict[str, type[Event]] = {
    kind.type_name: kind
    for kind in (
        ActionExecuted,
        ActionExecutionRejected,
        ActiveLoop,
        AgentUttered,
        AllSlotsReset,
        BotUttered,
        ConversationPaused,
        ConversationResumed,
        DefinePrevUserUtteredFeaturization,
        EntitiesAdded,
        FollowupAction,
        LoopInterrupted,
        ReminderScheduled,
        SessionStarted,
        SlotSet,
        UserUttered,
    )
}
ELSEWHERE = (ReminderScheduled, ReminderCancelled, StoryExported)
# `slim` leaves these out; no policy and no form reads them from a past event
UNREAD = frozenset(
    {"policy", "confidence", "hide_rule_turn", "input_channel", "message_id", "metadata"}
)
ENTITY_KEYS = ("entity", "value", "role", "group", "start", "end")


def net(applied: Iterable[Event]) -> list[Event]:
    """The events with the same effect on every state a policy sees.

    Policies see a state at each action, so between two actions only the last value of a slot,
    the last message and the last word about the form matter.
    """
    kept: list[Event] = []
    segment: dict[object, Event] = {}
    for event in applied:
        if type(event) is ActionExecuted:
            kept += [*segment.values(), event]
            segment = {}
        elif type(event) not in ELSEWHERE:
            _overwrite(segment, event)
    return [*kept, *segment.values()]


def slim(event: Event) -> Json:
    """The event as JSON, without what is empty or never read again."""
    data = event.as_dict()
    data["timestamp"] = round(event.timestamp, 3)
    kind = type(event)
    if kind is SlotSet or kind is ActiveLoop:  # for which nothing is a value too
        data.pop("metadata", None)
        return data
    if isinstance(event, UserUttered):
        data["parse_data"] = _slim_parse(event)
    elif isinstance(event, BotUttered):
        data["data"] = {key: value for key, value in event.data.items() if value}
    return {
        key: value
        for key, value in data.items()
        if key not in UNREAD and value not in (None, "", {}, [])
    }


def read(data: Any) -> Event:
    """The event that `slim` wrote.

    Raises:
        AttributeError, KeyError, TypeError, ValueError: it wrote no such thing.
    """
    event = KINDS[data["event"]]._from_parameters(data)  # noqa: SLF001  Rasa has no other way
    if event is None:
        raise ValueError(data["event"])
    return event


def _overwrite(segment: dict[object, Event], event: Event) -> None:
    kind = type(event)
    if kind is UserUttered:
        segment.pop(DefinePrevUserUtteredFeaturization, None)
        segment.pop(EntitiesAdded, None)
    elif kind is AllSlotsReset:
        for key in [key for key, kept in segment.items() if type(kept) is SlotSet]:
            del segment[key]
    key = _subject(event)
    segment.pop(key, None)  # so that it goes to the end, where it happened
    segment[key] = event


def _subject(event: Event) -> object:
    """What the event is about: a later one about the same makes it void."""
    kind = type(event)
    if kind is SlotSet:
        return SlotSet, event.key
    if kind is ActiveLoop:
        return ActiveLoop, event.name is None  # Rasa looks for the end of a form by itself
    if kind is ActionExecutionRejected:
        return ActionExecutionRejected, event.action_name
    return ConversationPaused if kind is ConversationResumed else kind


def _slim_parse(event: UserUttered) -> Json:
    intent = {key: event.intent[key] for key in ("name", "confidence") if key in event.intent}
    entities = [
        {key: entity[key] for key in ENTITY_KEYS if key in entity} for entity in event.entities
    ]
    return {"intent": intent, "entities": entities}
