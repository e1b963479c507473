"""What a conversation is between two turns: a bounded list of events (decision 0003).

Kept are the history as Rasa's policies see it (`applied_events`), cut where no rule can look,
and in front of it what the cut part left behind: slots, the active form, a pause.
"""

from collections.abc import Iterable
from typing import Any

from rasa.shared.core.constants import ACTION_LISTEN_NAME
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import (
    ActionExecuted,
    ActionExecutionRejected,
    ActiveLoop,
    ConversationPaused,
    Event,
    SessionStarted,
    SlotSet,
    UserUttered,
)
from rasa.shared.core.trackers import DialogueStateTracker

from bot.launcher import events, reminders
from bot.launcher.wire import Json, Malformed

KEPT_USER_TURNS = 6
# A turn may take back earlier ones (two-stage fallback: four of two actions each); a rule
# must find its whole reach below what is left.
REVERTIBLE_ACTIONS = 8


def dump(tracker: DialogueStateTracker, *, reach: int) -> Json:
    """The state to hand out after a turn, given how many states the longest rule has."""
    applied = tracker.applied_events()
    cut = _cut(applied, reach + REVERTIBLE_ACTIONS)
    kept = [
        *_session_start(tracker),
        *_left_behind(tracker, applied[:cut]),
        *events.net(applied[cut:]),
        *reminders.pending(tracker.events),
    ]
    return {"events": [events.slim(event) for event in kept]}


def load(state: Json | None, conversation_id: str, domain: Domain) -> DialogueStateTracker:
    """The tracker that `state` describes, empty for a new conversation.

    What a later model no longer knows (a slot, a form) is left out.

    Raises:
        Malformed: it is not a state that `dump` made.
    """
    tracker = DialogueStateTracker(conversation_id, domain.slots)
    for data in _listed(state):
        event = _read(data)
        if _is_known(event, tracker, domain):
            tracker.update(event)
    return tracker


def _cut(applied: list[Event], actions: int) -> int:
    """Where the kept part begins: at a listen with enough turns and actions after it."""
    turns = executed = 0
    for index in range(len(applied) - 1, -1, -1):
        event = applied[index]
        kind = type(event)  # isinstance is slow on abstract classes, and this runs a lot
        turns += kind is UserUttered
        if kind is not ActionExecuted:
            continue
        executed += 1
        enough = turns >= KEPT_USER_TURNS and executed >= actions
        if enough and event.action_name == ACTION_LISTEN_NAME:
            return index
    return 0


def _session_start(tracker: DialogueStateTracker) -> list[Event]:
    started: list[Event] = [event for event in tracker.events if type(event) is SessionStarted]
    return started[-1:]


def _left_behind(tracker: DialogueStateTracker, cut_off: list[Event]) -> list[Event]:
    """What the events that are cut off had set, as events of its own."""
    if not cut_off:
        return []
    past = tracker.init_copy()
    initial = past.current_slot_values()
    for event in cut_off:
        past.update(event)
    slots = past.current_slot_values()
    return [
        *_active_loop(past),
        *(SlotSet(name, value) for name, value in slots.items() if value != initial[name]),
        *([ConversationPaused()] if past.is_paused() else []),
    ]


def _active_loop(past: DialogueStateTracker) -> list[Event]:
    loop = past.active_loop
    if loop is None:
        return []
    trigger = loop.trigger_message or {}
    left: list[Event] = [
        # the message that opened the form, for Rasa keeps it with the form
        UserUttered(trigger.get("text"), trigger.get("intent"), trigger.get("entities")),
        ActiveLoop(loop.name),
    ]
    if loop.rejected:
        left.append(ActionExecutionRejected(loop.name))
    return left


def _listed(state: Json | None) -> Iterable[Any]:
    if state is None:
        return []
    listed = state.get("events")
    if not isinstance(listed, list):
        raise Malformed("state must be what the previous turn returned")
    return listed


def _read(data: Any) -> Event:
    try:
        return events.read(data)
    except (AttributeError, KeyError, TypeError, ValueError):
        raise Malformed("state must be what the previous turn returned") from None


def _is_known(event: Event, tracker: DialogueStateTracker, domain: Domain) -> bool:
    if isinstance(event, SlotSet):
        return event.key in tracker.slots
    if isinstance(event, ActiveLoop):
        return event.name is None or event.name in domain.action_names_or_texts
    return True
