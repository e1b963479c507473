"""What the sender's role makes of the ranking, and when it is too doubtful to act on."""

from __future__ import annotations

from typing import Any

from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.nlu.classifiers.classifier import IntentClassifier
from rasa.shared.nlu.constants import INTENT, INTENT_RANKING_KEY
from rasa.shared.nlu.training_data.message import Message

from nlu.roles import intents_of

FALLBACK = "nlu_fallback"

Ranking = list[dict[str, Any]]


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.INTENT_CLASSIFIER, is_trainable=False)
class RoleGate(GraphComponent, IntentClassifier):
    """Prefers the intents of the role that the message's metadata names.

    The chance of every other intent is multiplied by `others`, so that another role's intent wins
    only where it is best by far: then it stands, for an action to refuse. What is then less likely
    than `threshold` becomes `nlu_fallback`, and so do the intents in `meaningless`. Without a role
    only the latter two apply. The best intent before all this is left on the message as `ungated`.
    """

    def __init__(self, config: dict[str, Any]) -> None:
        self._others: float = config["others"]
        self._threshold: float = config["threshold"]
        self._meaningless = frozenset(config["meaningless"])

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        return {"others": 0.2, "threshold": 0.2, "meaningless": ["out_of_scope"]}

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> RoleGate:
        return cls(config)

    def process(self, messages: list[Message]) -> list[Message]:
        for message in messages:
            ranking = message.get(INTENT_RANKING_KEY) or []
            if ranking:
                role = (message.get("metadata") or {}).get("role")
                message.set("ungated", ranking[0]["name"], add_to_output=True)
                self._settle(message, self.weigh(ranking, intents_of(role)))
        return messages

    def weigh(self, ranking: Ranking, own: frozenset[str] | None) -> Ranking:
        """The ranking with the chances of all but the `own` intents lowered; None lowers none."""
        if own is None:
            return ranking
        weighed = [
            (
                ranked["confidence"] * (1.0 if ranked["name"] in own else self._others),
                ranked["name"],
            )
            for ranked in ranking
        ]
        total = sum(chance for chance, _ in weighed) or 1.0
        best_first = sorted(weighed, key=lambda pair: -pair[0])
        return [{"name": name, "confidence": chance / total} for chance, name in best_first]

    def _settle(self, message: Message, ranking: Ranking) -> None:
        best = ranking[0]
        doubtful = best["confidence"] < self._threshold
        if doubtful or best["name"] in self._meaningless:
            doubt = 1.0 - best["confidence"] if doubtful else best["confidence"]
            best = {"name": FALLBACK, "confidence": doubt}
            ranking = [best, *ranking]
        message.set(INTENT, best, add_to_output=True)
        message.set(INTENT_RANKING_KEY, ranking, add_to_output=True)
