"""Reminders that are still to come; whoever calls us keeps the time."""

from collections.abc import Iterable

from rasa.shared.core.events import (
    Event,
    ReminderCancelled,
    ReminderScheduled,
    Restarted,
    SessionStarted,
    UserUttered,
)

MOST = 32  # the latest; a state must stay bounded whatever an action schedules


def pending(history: Iterable[Event]) -> list[ReminderScheduled]:
    """Reminders neither cancelled, nor overtaken by a message, nor delivered.

    A reminder is delivered when a turn carries its intent instead of a text.
    """
    waiting: dict[str, ReminderScheduled] = {}
    for event in history:
        kind = type(event)
        if kind in (Restarted, SessionStarted):
            waiting.clear()
        elif kind is ReminderScheduled:
            waiting.pop(event.name, None)
            waiting[event.name] = event
        elif waiting and kind in (ReminderCancelled, UserUttered):
            waiting = {
                name: reminder
                for name, reminder in waiting.items()
                if not _is_void(reminder, event)
            }
    return list(waiting.values())[-MOST:]


def _is_void(reminder: ReminderScheduled, event: Event) -> bool:
    if isinstance(event, ReminderCancelled):
        return _is_cancelled(reminder, event)
    if isinstance(event, UserUttered) and event.text:
        return reminder.kill_on_user_message
    return isinstance(event, UserUttered) and event.intent_name == reminder.intent


def _is_cancelled(reminder: ReminderScheduled, cancelled: ReminderCancelled) -> bool:
    """As in Rasa, what a cancellation leaves open matches every reminder."""
    return (
        cancelled.name in (None, reminder.name)
        and cancelled.intent in (None, reminder.intent)
        and (not cancelled.entities or cancelled.entities == reminder.entities)
    )
