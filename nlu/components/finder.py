"""Looks for entities before the intent is known: they say much about what is wanted."""

from __future__ import annotations

import math
from collections.abc import Iterable
from datetime import datetime, timedelta, timezone
from typing import Any

import numpy as np
from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.shared.nlu.constants import FEATURE_TYPE_SENTENCE, TEXT
from rasa.shared.nlu.training_data.features import Features
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData
from scipy.sparse import csr_matrix

from nlu.components.normalizer import normal_text, spoken
from nlu.entities.extract import find_all, in_context
from nlu.entities.follower import LexiconFollower
from nlu.entities.found import ENTITIES, Found
from nlu.entities.lexicon import Lexicon, fixed_entries

ORIGIN = "entities"
_FOUND = "found"
# The stores' time zone: China's one, without summer time since 1991.
_SHANGHAI = timezone(timedelta(hours=8))


def found_in(message: Message) -> list[Found]:
    """What the finder saw in the message, overlaps included."""
    found: list[Found] = message.get(_FOUND) or []
    return found


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.MESSAGE_FEATURIZER, is_trainable=False)
class EntityFinder(GraphComponent):
    """Leaves on each message what was found in it, and which kinds as a row of features.

    A model is trained with the fixed lexicon alone, so that it does not depend on the shop's stock
    of the day; a running one follows the live lexicon.
    """

    def __init__(self, config: dict[str, Any]) -> None:
        self._follower = LexiconFollower.from_environment(config["lexicon_every_seconds"])

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        return {"lexicon_every_seconds": 5.0}

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> EntityFinder:
        return cls(config)

    def process_training_data(self, training_data: TrainingData) -> TrainingData:
        _find_in(training_data.training_examples, Lexicon(fixed_entries()))
        return training_data

    def process(self, messages: list[Message]) -> list[Message]:
        _find_in(messages, self._follower.lexicon())
        return messages


def _find_in(messages: Iterable[Message], lexicon: Lexicon) -> None:
    for message in spoken(messages):
        text = normal_text(message)
        found = find_all(text, message.get(TEXT), _now(message), lexicon)
        message.set(_FOUND, found)
        kinds = {one.entity for one in in_context(found, text.text, "")}
        message.add_features(Features(_row(kinds), FEATURE_TYPE_SENTENCE, TEXT, ORIGIN))


def _row(kinds: set[str]) -> csr_matrix:
    """One place for each kind of entity, of length 1 together."""
    places = [place for place, kind in enumerate(ENTITIES) if kind in kinds]
    weights = np.full(len(places), 1.0 / math.sqrt(max(1, len(places))), dtype=np.float32)
    return csr_matrix((weights, places, [0, len(places)]), shape=(1, len(ENTITIES)))


def _now(message: Message) -> datetime:
    """The store's wall clock at the moment that the turn names, else at this one."""
    named = (message.get("metadata") or {}).get("now")
    # Python 3.10 reads +00:00 but not its short form, Z.
    moment = datetime.fromisoformat(named.replace("Z", "+00:00")) if named else _wall_clock()
    if moment.tzinfo is None:
        return moment
    return moment.astimezone(_SHANGHAI).replace(tzinfo=None)


def _wall_clock() -> datetime:
    return datetime.now(_SHANGHAI)
