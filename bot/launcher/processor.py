"""Rasa's message handling on a tracker that comes from outside, with failures on record."""

from typing import Any

from rasa.core.actions.action import Action, ActionExecutionRejection
from rasa.core.actions.loops import LoopAction
from rasa.core.channels.channel import OutputChannel, UserMessage
from rasa.core.nlg import TemplatedNaturalLanguageGenerator
from rasa.core.policies.policy import PolicyPrediction
from rasa.core.processor import MessageProcessor
from rasa.shared.core.constants import ACTION_LISTEN_NAME
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import ActionExecuted, Event
from rasa.shared.core.trackers import DialogueStateTracker

from bot.launcher import failures

# Rasa's own fallback texts, which a bot may leave out
OPTIONAL_RESPONSES = frozenset({"utter_default", "utter_ask_rephrase"})


class TurnProcessor(MessageProcessor):
    """Handles one message on a given tracker; stores, locks and schedules nothing."""

    async def handle(self, message: UserMessage, tracker: DialogueStateTracker) -> None:
        """Let `tracker` live through `message`, whose parse data are set."""
        if not tracker.events:
            await self._update_tracker_session(tracker, message.output_channel)
        await self._handle_message_with_tracker(message, tracker)
        await self.run_action_extract_slots(message.output_channel, tracker)
        await self._run_prediction_loop(message.output_channel, tracker)
        self._listen_after_a_circuit_break(tracker)

    async def _run_action(
        self,
        action: Action,
        tracker: DialogueStateTracker,
        output_channel: OutputChannel,
        nlg: Any,
        prediction: PolicyPrediction,
    ) -> bool:
        """Run as Rasa does, but put a failure on the turn's list instead of in the log."""
        return await super()._run_action(
            _Recorded(action), tracker, output_channel, nlg, prediction
        )

    async def _schedule_reminders(self, *_: Any) -> None:
        """Nothing: a pending reminder is part of the state, and its time is the caller's."""

    @staticmethod
    async def _cancel_reminders(*_: Any) -> None:
        """Nothing: see `_schedule_reminders`."""

    def _listen_after_a_circuit_break(self, tracker: DialogueStateTracker) -> None:
        """Without a listen the next message would trip the breaker at once, for ever."""
        name = tracker.latest_action_name
        if name != ACTION_LISTEN_NAME and not tracker.is_paused():
            failures.record(str(name), "went in circles")
            tracker.update(ActionExecuted(ACTION_LISTEN_NAME))


class Responses(TemplatedNaturalLanguageGenerator):
    """Texts of the domain; one that is missing is a failure, not silence."""

    async def generate(
        self,
        utter_action: str,
        tracker: DialogueStateTracker,
        output_channel: str,
        **kwargs: Any,
    ) -> dict[str, Any] | None:
        draft = await super().generate(utter_action, tracker, output_channel, **kwargs)
        if draft is None and utter_action not in OPTIONAL_RESPONSES:
            failures.record(utter_action, "no such response")
        return draft


class _Recorded(Action):
    """An action whose failure is recorded; to the conversation it did nothing, as in Rasa."""

    def __init__(self, action: Action) -> None:
        self._action = action

    def name(self) -> str:
        return self._action.name()

    def event_for_successful_execution(self, prediction: PolicyPrediction) -> ActionExecuted:
        return self._action.event_for_successful_execution(prediction)

    async def run(
        self,
        output_channel: OutputChannel,
        nlg: Any,
        tracker: DialogueStateTracker,
        domain: Domain,
    ) -> list[Event]:
        try:
            return await self._action.run(output_channel, nlg, tracker, domain)
        except ActionExecutionRejection as error:
            if not isinstance(self._action, LoopAction):
                failures.record(self.name(), error)
            raise
        except failures.ActionFailed:
            return []
        except Exception as error:  # noqa: BLE001  an edge: whatever broke, there is an answer
            failures.record(self.name(), error)
            return []
