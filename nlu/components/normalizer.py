"""The first component: the text that all others read."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.shared.nlu.constants import TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from nlu.text.mapped import MappedText
from nlu.text.normal import normalise

_NORMAL = "normal"
NORMALISED = "normalised"  # what actions get of it


def normal_text(message: Message) -> MappedText:
    """The message as understood, mapped to the text as sent."""
    text = message.get(_NORMAL)
    return text if isinstance(text, MappedText) else MappedText.of(message.get(TEXT) or "")


def spoken(messages: Iterable[Message]) -> list[Message]:
    """Those that are text; training data also hold the bare names of intents and actions."""
    return [message for message in messages if message.get(TEXT)]


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.MESSAGE_TOKENIZER, is_trainable=False)
class Normalizer(GraphComponent):
    """Leaves on each message its plain simplified text; the text as sent stays as it is."""

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> Normalizer:
        """Loads the lexicons now, so that the first message does not wait for them."""
        normalise("")
        return cls()

    def process_training_data(self, training_data: TrainingData) -> TrainingData:
        self.process(training_data.training_examples)
        return training_data

    def process(self, messages: list[Message]) -> list[Message]:
        for message in spoken(messages):
            normal = normalise(message.get(TEXT))
            message.set(_NORMAL, normal)
            message.set(NORMALISED, normal.text, add_to_output=True)
        return messages
