"""Which intent: logistic regression over blocks of features, each with a weight of its own."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.nlu.classifiers.classifier import IntentClassifier
from rasa.shared.nlu.constants import FEATURE_TYPE_SENTENCE, INTENT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData
from scipy.sparse import csr_matrix, hstack, vstack
from sklearn.linear_model import LogisticRegression
from threadpoolctl import threadpool_limits

from nlu.components.normalizer import spoken

_WEIGHTS_FILE = "weights.npz"
# As close as the fit needs to come: ten times scikit-learn's default costs nothing in accuracy.
_TOLERANCE = 1e-3
_LABELS_FILE = "labels.json"

Floats = npt.NDArray[np.float32]
Block: TypeAlias = "Floats | csr_matrix"


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.INTENT_CLASSIFIER, is_trainable=True)
class BlockClassifier(GraphComponent, IntentClassifier):
    """Ranks all intents. A block of features is what one featurizer left, known by its origin.

    Dense blocks are centred on the training data and brought back to length 1: sentence embeddings
    share most of their direction, which says nothing. Where a block is missing on a message (the
    embedding of a text that was clear without it), the message keeps the ranking it has.
    """

    def __init__(
        self, config: dict[str, Any], model_storage: ModelStorage, resource: Resource
    ) -> None:
        self._blocks: dict[str, float] = config["blocks"]
        self._config = config
        self._model_storage = model_storage
        self._resource = resource
        self._labels: list[str] = []
        self._weights: dict[str, Floats] = {}
        self._centres: dict[str, Floats] = {}
        self._intercept: Floats = np.zeros(0, dtype=np.float32)

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        """`blocks`: origin to weight; `C`: inverse of regularisation, as scikit-learn's.

        No blocks by default, because Rasa adds what a configuration names to the defaults.
        """
        return {"blocks": {}, "C": 5.0, "max_iter": 150}

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
        loaded = cls(config, model_storage, resource)
        with model_storage.read_from(resource) as folder:
            loaded._labels = json.loads((folder / _LABELS_FILE).read_text("utf-8"))
            with np.load(folder / _WEIGHTS_FILE, allow_pickle=False) as stored:
                loaded._intercept = stored["intercept"]
                loaded._weights = _of_kind(stored, "block")
                loaded._centres = _of_kind(stored, "centre")
        return loaded

    def train(self, training_data: TrainingData) -> Resource:
        """Fits on all examples that have an intent and writes the weights to the model."""
        examples = spoken(training_data.intent_examples)
        blocks = {origin: self._stack(examples, origin) for origin in self._blocks}
        scaled = [blocks[origin] * weight for origin, weight in self._blocks.items()]
        model = LogisticRegression(
            C=self._config["C"], max_iter=self._config["max_iter"], tol=_TOLERANCE
        )
        with threadpool_limits(1):  # too small to share: waiting threads made it three times slower
            model.fit(hstack(scaled).tocsr(), [message.get(INTENT) for message in examples])
        self._labels = [str(label) for label in model.classes_]
        self._intercept = model.intercept_.astype(np.float32)
        self._keep(model.coef_.T, [(origin, blocks[origin].shape[1]) for origin in self._blocks])
        self._persist()
        return self._resource

    def process(self, messages: list[Message]) -> list[Message]:
        for message in messages:
            blocks = {origin: _block(message, origin) for origin in self._blocks}
            present = {origin: block for origin, block in blocks.items() if block is not None}
            if len(present) == len(blocks):
                self._rank(message, present)
        return messages

    def _stack(self, examples: list[Message], origin: str) -> csr_matrix:
        rows: list[Any] = [_block(message, origin) for message in examples]
        if any(row is None for row in rows):
            raise ValueError(f"the pipeline has no component that leaves the features {origin!r}")
        if isinstance(rows[0], csr_matrix):
            return vstack(rows).tocsr()
        dense: Floats = np.vstack(rows)
        self._centres[origin] = dense.mean(axis=0)
        return csr_matrix(_centred(dense, self._centres[origin]))

    def _keep(self, weights: Floats, widths: list[tuple[str, int]]) -> None:
        """Cuts the fitted weights into blocks, the scale of each folded in."""
        first = 0
        for origin, width in widths:
            block = weights[first : first + width] * self._blocks[origin]
            self._weights[origin] = np.ascontiguousarray(block, dtype=np.float32)
            first += width

    def _persist(self) -> None:
        with self._model_storage.write_to(self._resource) as folder:
            (folder / _LABELS_FILE).write_text(json.dumps(self._labels), "utf-8")
            blocks = {f"block_{origin}": block for origin, block in self._weights.items()}
            centres = {f"centre_{origin}": centre for origin, centre in self._centres.items()}
            np.savez(folder / _WEIGHTS_FILE, intercept=self._intercept, **blocks, **centres)

    def _rank(self, message: Message, blocks: dict[str, Block]) -> None:
        scores = self._intercept.copy()
        for origin, block in blocks.items():
            scores += self._product(block, origin)
        odds = np.exp(scores - scores.max())
        chances = odds / odds.sum()
        order = np.argsort(-chances)
        ranking = [{"name": self._labels[i], "confidence": float(chances[i])} for i in order]
        message.set(INTENT, ranking[0], add_to_output=True)
        message.set("intent_ranking", ranking, add_to_output=True)

    def _product(self, block: Block, origin: str) -> Floats:
        """The row times the weights; a sparse row by the few rows that it touches."""
        weights = self._weights[origin]
        if isinstance(block, csr_matrix):
            product: Floats = block.data @ weights[block.indices]
            return product
        dense: Floats = (_centred(block, self._centres[origin]) @ weights)[0]
        return dense


def _of_kind(stored: Mapping[str, Floats], kind: str) -> dict[str, Floats]:
    prefix = f"{kind}_"
    return {name[len(prefix) :]: stored[name] for name in stored if name.startswith(prefix)}


def _centred(rows: Floats, centre: Floats) -> Floats:
    moved = rows - centre
    lengths = np.linalg.norm(moved, axis=1, keepdims=True)
    unit: Floats = moved / np.where(lengths > 0, lengths, 1.0)
    return unit


def _block(message: Message, origin: str) -> Block | None:
    for features in message.features:
        if features.origin == origin and features.type == FEATURE_TYPE_SENTENCE:
            block: Block = features.features
            return block
    return None
