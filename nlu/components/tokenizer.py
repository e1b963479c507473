"""Words by jieba and the shop's dictionary, at their places in the text as sent."""

from __future__ import annotations

from typing import Any

import jieba
from rasa.engine.graph import ExecutionContext
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.nlu.tokenizers.tokenizer import Token, Tokenizer
from rasa.shared.nlu.constants import TEXT
from rasa.shared.nlu.training_data.message import Message

from nlu.components.normalizer import normal_text
from nlu.text.lexicons import dictionary
from nlu.text.mapped import MappedText


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.MESSAGE_TOKENIZER, is_trainable=False)
class WordTokenizer(Tokenizer):
    """Cuts the normal text into words; offsets are those of the text as sent."""

    def __init__(self, config: dict[str, Any]) -> None:
        super().__init__(config)
        self._words: jieba.Tokenizer = dictionary()

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> WordTokenizer:
        return cls(config)

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        """Intents are never cut: their names are labels here, not words."""
        return {"intent_tokenization_flag": False, "intent_split_symbol": "_"}

    def tokenize(self, message: Message, attribute: str) -> list[Token]:
        """The words of the message; of other attributes (training only) as they stand."""
        text = normal_text(message) if attribute == TEXT else MappedText.of(message.get(attribute))
        words = [
            Token(word, *text.source_span(start, end))
            for word, start, end in self._words.tokenize(text.text)
            if not word.isspace()
        ]
        # Rasa's own components cannot do with a text of no words at all (one emoji).
        return words or [Token(message.get(attribute), 0)]
