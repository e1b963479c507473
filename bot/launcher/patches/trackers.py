"""Trackers: copies made without living through the conversation again, and cheaper replays."""

import copy
import dataclasses
from typing import TypeVar

from rasa.shared.core.constants import ACTION_LISTEN_NAME, ACTION_SESSION_START_NAME
from rasa.shared.core.events import (
    ActionExecuted,
    ActionReverted,
    ActiveLoop,
    Event,
    FollowupAction,
    LegacyForm,
    Restarted,
    SessionStarted,
    UserUtteranceReverted,
    UserUttered,
)
from rasa.shared.core.slots import Slot
from rasa.shared.core.trackers import AnySlotDict, DialogueStateTracker

AnySlot = TypeVar("AnySlot", bound=Slot)
BEGINNINGS = frozenset({Restarted, SessionStarted})
REVERTS = frozenset({ActionReverted, UserUtteranceReverted})
LOOPS = frozenset({ActiveLoop, LegacyForm})
_stock_copy = DialogueStateTracker.copy


def install() -> None:
    DialogueStateTracker.copy = copy_as_it_is
    DialogueStateTracker.applied_events = applied_events_by_type
    Slot.__copy__ = copy_of_a_slot


def copy_as_it_is(tracker: DialogueStateTracker) -> DialogueStateTracker:
    """Stock replays every event; the result is what the tracker already is.

    But for one thing: a follow-up that was taken up is waiting again after a replay.
    """
    if isinstance(tracker.slots, AnySlotDict) or not REVERTS.isdisjoint(map(type, tracker.events)):
        return _stock_copy(tracker)  # replays that take back events are not worth predicting
    copied = tracker.init_copy()
    copied.events.extend(tracker.events)
    copied.slots = {name: copy.copy(slot) for name, slot in tracker.slots.items()}
    copied.latest_action = tracker.latest_action
    copied.latest_message = tracker.latest_message
    copied.latest_bot_utterance = tracker.latest_bot_utterance
    copied.active_loop = tracker.active_loop and dataclasses.replace(tracker.active_loop)
    copied.followup_action = _replayed_followup(tracker)
    copied._paused = tracker._paused
    return copied


def applied_events_by_type(tracker: DialogueStateTracker) -> list[Event]:
    """Stock asks every event for six abstract classes, which is slow in Python."""
    loops = {event.name for event in tracker.events if type(event) in LOOPS and event.name}
    applied: list[Event] = []
    for event in tracker.events:
        kind = type(event)
        if kind is ActionExecuted and event.action_name in loops:
            _apply_loop(tracker, event, applied)
        elif kind in BEGINNINGS:
            applied = []
        elif kind in REVERTS:
            _take_back(tracker, event, applied)
        else:
            applied.append(event)
    return applied


def copy_of_a_slot(slot: AnySlot) -> AnySlot:
    """What `copy.copy` does, without asking how to."""
    copied = object.__new__(type(slot))
    copied.__dict__.update(slot.__dict__)
    return copied


def _apply_loop(tracker: DialogueStateTracker, event: ActionExecuted, applied: list[Event]) -> None:
    if tracker._first_loop_execution_or_unhappy_path(event.action_name, applied):
        applied.append(event)
    else:
        tracker._undo_till_previous_loop_execution(event.action_name, applied)


def _take_back(tracker: DialogueStateTracker, event: Event, applied: list[Event]) -> None:
    if isinstance(event, UserUtteranceReverted):
        tracker._undo_till_previous(UserUttered, applied)
    tracker._undo_till_previous(ActionExecuted, applied)


def _replayed_followup(tracker: DialogueStateTracker) -> str | None:
    for event in reversed(tracker.events):
        kind = type(event)
        if kind is FollowupAction:
            name: str = event.action_name
            return name
        if kind is ActionExecuted or kind is UserUttered:
            return None
        if kind is Restarted:
            return str(ACTION_SESSION_START_NAME)
        if kind is SessionStarted:
            break
    return str(ACTION_LISTEN_NAME)
