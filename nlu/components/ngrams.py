"""What a text is made of: n-grams of characters, of words, or of syllables as they sound."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence
from typing import Any

from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.nlu.constants import TOKENS_NAMES
from rasa.shared.nlu.constants import FEATURE_TYPE_SENTENCE, TEXT
from rasa.shared.nlu.training_data.features import Features
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from nlu.components.finder import found_in
from nlu.components.normalizer import normal_text, spoken
from nlu.entities.extract import in_context
from nlu.text.grams import Grams
from nlu.text.pinyin import cut, sound

_FILE = "grams.json"
_PIECE = re.compile(r"[a-z]+|\S")


# Which person, place or number it is says nothing of what is wanted, only that there is one.
_MASKED = {
    "customer_name", "staff_name", "phone", "phone_tail", "card_no", "order_no", "ticket_no",
    "store",
}  # fmt: skip


def _chars(message: Message) -> Sequence[str]:
    """The characters, each name or number of a person or place standing as one unit."""
    text, units, done = normal_text(message).text, list[str](), 0
    for one in in_context(found_in(message), text, ""):
        if one.entity in _MASKED:
            units.extend(_without_numbers(text[done : one.start]))
            units.append(f"<{one.entity}>")
            done = one.end
    return [*units, *_without_numbers(text[done:])]


def _words(message: Message) -> Sequence[str]:
    return [_without_numbers(token.text) for token in message.get(TOKENS_NAMES[TEXT])]


def _sounds(message: Message) -> Sequence[str]:
    heard: list[str] = []
    for piece in _PIECE.findall(_without_numbers(normal_text(message).text)):
        heard.extend((cut(piece) or (piece,)) if piece.isascii() else (sound(piece),))
    return heard


def _without_numbers(text: str) -> str:
    """All digits alike."""
    return re.sub(r"\d", "0", text)


_UNITS: dict[str, Callable[[Message], Sequence[str]]] = {
    "chars": _chars,
    "words": _words,
    "sounds": _sounds,
}


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.MESSAGE_FEATURIZER, is_trainable=True)
class NgramFeaturizer(GraphComponent):
    """Leaves one tf-idf row on each message; `unit` is its origin and says what is counted."""

    def __init__(
        self,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        grams: Grams | None = None,
    ) -> None:
        self._unit: str = config["unit"]
        self._shortest: int = config["shortest"]
        self._longest: int = config["longest"]
        self._rarest: int = config["rarest"]
        self._model_storage = model_storage
        self._resource = resource
        self._grams = grams

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        return {"unit": "chars", "shortest": 1, "longest": 2, "rarest": 2}

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> NgramFeaturizer:
        return cls(config, model_storage, resource)

    @classmethod
    def load(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
        **kwargs: Any,
    ) -> NgramFeaturizer:
        with model_storage.read_from(resource) as folder:
            grams = Grams(**json.loads((folder / _FILE).read_text("utf-8")))
        return cls(config, model_storage, resource, grams)

    def train(self, training_data: TrainingData) -> Resource:
        """Learns the vocabulary and writes it to the model."""
        units = _UNITS[self._unit]
        texts = [units(message) for message in spoken(training_data.training_examples)]
        self._grams = Grams.learn(texts, self._shortest, self._longest, self._rarest)
        with self._model_storage.write_to(self._resource) as folder:
            (folder / _FILE).write_text(json.dumps(vars(self._grams)), "utf-8")
        return self._resource

    def process_training_data(self, training_data: TrainingData) -> TrainingData:
        self.process(training_data.training_examples)
        return training_data

    def process(self, messages: list[Message]) -> list[Message]:
        if self._grams is None:
            raise RuntimeError("the n-gram featurizer has learnt nothing yet")
        for message in spoken(messages):
            row = self._grams.row(_UNITS[self._unit](message))
            message.add_features(Features(row, FEATURE_TYPE_SENTENCE, TEXT, self._unit))
        return messages
