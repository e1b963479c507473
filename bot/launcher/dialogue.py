"""One model and what can be asked of it: a turn, or what a text means."""

import asyncio
import logging
from pathlib import Path
from typing import Any

from rasa.core.channels.channel import UserMessage
from rasa.core.lock_store import InMemoryLockStore
from rasa.core.tracker_store import InMemoryTrackerStore
from rasa.shared.core.domain import Domain
from rasa.shared.core.trackers import DialogueStateTracker
from rasa.utils.endpoints import EndpointConfig

from bot.launcher import failures, state, understanding
from bot.launcher.endpoint import NoActions
from bot.launcher.processor import Responses, TurnProcessor
from bot.launcher.replies import Replies
from bot.launcher.rules import longest_rule, rule_policy
from bot.launcher.wire import Item, Json, Malformed, Turn

logger = logging.getLogger(__name__)
# What Rasa itself would do on them reaches beyond the kept turns; a caller starts over with
# no state instead.
REFUSED_INTENTS = frozenset({"back", "restart", "session_start"})
WARM_UP = Turn(
    conversation_id="warm-up",
    metadata={"inbound_id": 0, "role": "customer", "now": "2026-01-01T00:00:00+08:00"},
    text="你好，我想看看我的积分",
    intent=None,
    entities={},
    state=None,
)


class Dialogue:
    """Holds a loaded model; every call carries all the state it needs."""

    def __init__(self, model: Path, actions: EndpointConfig) -> None:
        """Load `model`.

        Raises:
            BadOptions: its policies are not rules alone, which trimmed states rely on.
        """
        empty = Domain.empty()
        self.processor = TurnProcessor(
            model,
            InMemoryTrackerStore(empty),
            InMemoryLockStore(),
            Responses({}),
            action_endpoint=actions,
        )
        self.domain = self.processor.domain
        self.reach = longest_rule(rule_policy(self.processor))
        self.processor.nlg.responses = self.domain.responses
        # One parse blocks the loop; many in a row would let actions' answers wait into timeouts.
        self._parsing = asyncio.Lock()
        self._intents = frozenset(self.domain.intents) - REFUSED_INTENTS

    async def warm_up(self) -> None:
        """Parse and answer once, so that the first person waits for nothing lazy."""
        actions = self.processor.action_endpoint
        self.processor.action_endpoint = NoActions("")
        try:
            answer = await self.turn(WARM_UP)
            await self.turn(
                Turn(**{**vars(WARM_UP), "state": answer["state"]}),
            )
        finally:
            self.processor.action_endpoint = actions

    async def turn(self, turn: Turn) -> Json:
        """Answer one message or event.

        Raises:
            Malformed: the state or the intent is none of this model's.
        """
        tracker = state.load(turn.state, turn.conversation_id, self.domain)
        lived = await self.live(turn, tracker)
        return lived | {"state": state.dump(tracker, reach=self.reach)}

    async def live(self, turn: Turn, tracker: DialogueStateTracker) -> Json:
        """What the bot answers to `turn`, which becomes part of `tracker`.

        Raises:
            Malformed: the intent is none of this model's.
        """
        async with self._parsing:
            parsed = self._parsed(turn)
        replies = Replies()
        message = UserMessage(
            turn.text,
            replies,
            turn.conversation_id,
            parse_data=parsed,
            input_channel=Replies.name(),
            message_id=str(turn.metadata["inbound_id"]),
            metadata=turn.metadata,
        )
        message.text = turn.text  # as sent, not stripped
        with failures.collected() as failed:
            await self.processor.handle(message, tracker)
        if failed:
            causes = ", ".join(f"{name} ({why})" for name, why in failed.items())
            logger.warning("inbound %s: failed %s", turn.metadata["inbound_id"], causes)
        intent = parsed["intent"]
        return {
            "replies": replies.said,
            "intent": {"name": intent["name"], "confidence": intent.get("confidence", 0.0)},
            "entities": understanding.entities(parsed),
            "failed_actions": list(failed),
        }

    async def understand(self, item: Item) -> Json:
        """What a text means to somebody of a role."""
        async with self._parsing:
            parsed = understanding.parse(self.processor, item.text, item.metadata)
        return understanding.answer(parsed)

    def _parsed(self, turn: Turn) -> Json:
        if turn.text is not None:
            return understanding.parse(self.processor, turn.text, turn.metadata)
        if turn.intent not in self._intents:
            raise Malformed("the model knows no such intent")
        listed = [{"entity": name, "value": value} for name, value in turn.entities.items()]
        intent: dict[str, Any] = {"name": turn.intent, "confidence": 1.0}
        return {"text": None, "intent": intent, "entities": listed, "intent_ranking": [intent]}
