"""The entities of a message, as its intent reads them."""

from __future__ import annotations

from typing import Any

from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.nlu.extractors.extractor import EntityExtractorMixin
from rasa.shared.nlu.constants import ENTITIES, INTENT
from rasa.shared.nlu.training_data.message import Message

from nlu.components.finder import found_in
from nlu.components.normalizer import normal_text
from nlu.entities.extract import in_context
from nlu.entities.found import Found
from nlu.text.mapped import MappedText

# What a pattern or the dictionary finds has no shades of belief.
_CERTAIN = 1.0


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.ENTITY_EXTRACTOR, is_trainable=False)
class ShopEntityExtractor(GraphComponent, EntityExtractorMixin):
    """Answers the finds that stand; offsets are those of the text as sent."""

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> ShopEntityExtractor:
        return cls()

    def process(self, messages: list[Message]) -> list[Message]:
        for message in messages:
            text = normal_text(message)
            intent = (message.get(INTENT) or {}).get("name") or ""
            standing = in_context(found_in(message), text.text, intent)
            entities = [self._entity(one, text) for one in standing]
            message.set(ENTITIES, message.get(ENTITIES, []) + entities, add_to_output=True)
        return messages

    def _entity(self, one: Found, text: MappedText) -> dict[str, Any]:
        start, end = text.source_span(one.start, one.end)
        return {
            "entity": one.entity,
            "start": start,
            "end": end,
            "value": one.value,
            "confidence_entity": _CERTAIN,
            "extractor": self.name,
        }
