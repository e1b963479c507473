"""Which intent: a linear classifier of our own over what the featurizers left."""

from __future__ import annotations

from typing import Any

import numpy as np
from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.nlu.classifiers.classifier import IntentClassifier
from rasa.shared.nlu.constants import FEATURE_TYPE_SENTENCE, INTENT, INTENT_RANKING_KEY
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData
from scipy.sparse import csr_matrix, vstack

from nlu.components.normalizer import spoken
from nlu.linear import Block, LinearModel


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.INTENT_CLASSIFIER, is_trainable=True)
class BlockClassifier(GraphComponent, IntentClassifier):
    """Ranks all intents. A block is the features of one origin; the configuration weighs them.

    Where a block is missing on a message (the embedding of a text that was clear without it), the
    message keeps the ranking that it has.
    """

    def __init__(
        self,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        model: LinearModel | None = None,
    ) -> None:
        self._scales: dict[str, float] = config["blocks"]
        self._c: float = config["C"]
        self._model_storage = model_storage
        self._resource = resource
        self._model = model

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        """`blocks`: origin to weight; `C`: inverse of regularisation, as scikit-learn's.

        No blocks by default, because Rasa adds what a configuration names to the defaults.
        """
        return {"blocks": {}, "C": 0.3}

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> BlockClassifier:
        return cls(config, model_storage, resource)

    @classmethod
    def load(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
        **kwargs: Any,
    ) -> BlockClassifier:
        with model_storage.read_from(resource) as folder:
            return cls(config, model_storage, resource, LinearModel.load(folder))

    def train(self, training_data: TrainingData) -> Resource:
        """Fits on all examples that have an intent and writes the weights to the model."""
        examples = spoken(training_data.intent_examples)
        blocks = {origin: _stack(examples, origin) for origin in self._scales}
        labels = [str(message.get(INTENT)) for message in examples]
        self._model = LinearModel.fit(blocks, labels, scales=self._scales, c=self._c)
        with self._model_storage.write_to(self._resource) as folder:
            self._model.save(folder)
        return self._resource

    def process(self, messages: list[Message]) -> list[Message]:
        if self._model is None:
            raise RuntimeError("the classifier has learnt nothing yet")
        for message in messages:
            blocks = {origin: _block(message, origin) for origin in self._scales}
            present = {origin: block for origin, block in blocks.items() if block is not None}
            if len(present) == len(blocks):
                _leave(message, self._model.rank(present))
        return messages


def _leave(message: Message, ranked: list[tuple[str, float]]) -> None:
    ranking = [{"name": name, "confidence": chance} for name, chance in ranked]
    message.set(INTENT, ranking[0], add_to_output=True)
    message.set(INTENT_RANKING_KEY, ranking, add_to_output=True)


def _block(message: Message, origin: str) -> Block | None:
    for features in message.features:
        if features.origin == origin and features.type == FEATURE_TYPE_SENTENCE:
            block: Block = features.features
            return block
    return None


def _stack(examples: list[Message], origin: str) -> Block:
    rows: list[Any] = [_block(message, origin) for message in examples]
    if any(row is None for row in rows):
        raise ValueError(f"the pipeline has no component that leaves the features {origin!r}")
    block: Block = vstack(rows).tocsr() if isinstance(rows[0], csr_matrix) else np.vstack(rows)
    return block
