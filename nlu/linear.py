"""A linear classifier over blocks of features, whose chances are to be believed."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
from scipy.optimize import minimize_scalar
from scipy.sparse import csr_matrix, hstack
from sklearn.model_selection import StratifiedKFold, cross_val_predict
from sklearn.svm import LinearSVC

Floats: TypeAlias = npt.NDArray[np.float32]
# Rows of one featurizer, sparse or dense.
Block: TypeAlias = "Floats | csr_matrix"

_WEIGHTS_FILE = "weights.npz"
_LABELS_FILE = "labels.json"
_SEED = 7
_FOLDS = 3
# Margins are about 1 apart; a softmax this flat or this steep would be no use.
_FLATTEST, _STEEPEST = 0.5, 20.0


@dataclass(frozen=True)
class LinearModel:
    """A linear support vector machine, one label against the rest.

    A softmax turns its margins into chances. How steep it is, is learnt on folds that the machine
    has not seen, so that a chance of 0.8 is right in eight cases of ten (temperature scaling: Guo
    et al. 2017, On Calibration of Modern Neural Networks).

    Dense blocks are centred on the training data and brought back to length 1: sentence embeddings
    share most of their direction, which says nothing.
    """

    labels: list[str]
    intercept: Floats
    weights: dict[str, Floats]
    centres: dict[str, Floats]

    @classmethod
    def fit(
        cls,
        blocks: Mapping[str, Block],
        labels: list[str],
        *,
        scales: Mapping[str, float],
        c: float,
    ) -> LinearModel:
        """Fits at least two labels; `scales` says how much each block counts."""
        centres = {
            name: block.mean(axis=0)
            for name, block in blocks.items()
            if not isinstance(block, csr_matrix)
        }
        ready = {name: _centred(block, centres.get(name)) for name, block in blocks.items()}
        rows = hstack([csr_matrix(ready[name]) * scales[name] for name in scales]).tocsr()
        machine = LinearSVC(C=c, random_state=_SEED)
        steepness = _steepness(machine, rows, labels)
        machine.fit(rows, labels)
        signs = np.array([[-1.0], [1.0]]) if len(machine.classes_) == len("ab") else 1.0
        weights = (machine.coef_ * signs * steepness).T
        ends = np.cumsum([ready[name].shape[1] for name in scales])
        cut = dict(zip(scales, np.split(weights, ends[:-1]), strict=True))
        return cls(
            [str(label) for label in machine.classes_],
            np.ravel(machine.intercept_ * signs * steepness).astype(np.float32),
            {name: np.ascontiguousarray(cut[name] * scales[name], np.float32) for name in scales},
            centres,
        )

    def rank(self, blocks: Mapping[str, Block]) -> list[tuple[str, float]]:
        """Each label with its chance, the likeliest first, for one row of each block."""
        scores = self.intercept.copy()
        for name, weights in self.weights.items():
            scores += _product(_centred(blocks[name], self.centres.get(name)), weights)
        odds = np.exp(scores - scores.max())
        chances = odds / odds.sum()
        return [(self.labels[i], float(chances[i])) for i in np.argsort(-chances)]

    def save(self, folder: Path) -> None:
        """Writes plain JSON and arrays: nothing in a model runs code when it is loaded."""
        (folder / _LABELS_FILE).write_text(json.dumps(self.labels), "utf-8")
        weights = {f"weights_{name}": block for name, block in self.weights.items()}
        centres = {f"centres_{name}": centre for name, centre in self.centres.items()}
        np.savez(folder / _WEIGHTS_FILE, intercept=self.intercept, **weights, **centres)

    @classmethod
    def load(cls, folder: Path) -> LinearModel:
        labels = json.loads((folder / _LABELS_FILE).read_text("utf-8"))
        with np.load(folder / _WEIGHTS_FILE, allow_pickle=False) as stored:
            weights, centres = _named(stored, "weights_"), _named(stored, "centres_")
            return cls(labels, stored["intercept"], weights, centres)


def _steepness(machine: LinearSVC, rows: csr_matrix, labels: list[str]) -> float:
    """What makes the right labels of unseen folds likeliest; 1 where there are too few of them."""
    fewest = min(Counter(labels).values())
    if fewest < _FOLDS or len(set(labels)) == len("ab"):
        return 1.0
    folds = StratifiedKFold(_FOLDS, shuffle=True, random_state=_SEED)
    margins = cross_val_predict(machine, rows, labels, cv=folds, method="decision_function")
    right = np.searchsorted(np.unique(labels), labels)

    def surprise(steepness: float) -> float:
        scores = margins * steepness
        top = scores.max(axis=1)
        total = top + np.log(np.exp(scores - top[:, None]).sum(axis=1))
        return float((total - scores[np.arange(len(right)), right]).mean())

    return float(minimize_scalar(surprise, bounds=(_FLATTEST, _STEEPEST), method="bounded").x)


def _centred(rows: Block, centre: Floats | None) -> Block:
    if centre is None:
        return rows
    moved = rows - centre
    lengths = np.linalg.norm(moved, axis=1, keepdims=True)
    unit: Floats = moved / np.where(lengths > 0, lengths, 1.0)
    return unit


def _product(row: Block, weights: Floats) -> Floats:
    """The row times the weights; a sparse row by the few rows that it touches."""
    if isinstance(row, csr_matrix):
        touched: Floats = row.data @ weights[row.indices]
        return touched
    product: Floats = (row @ weights)[0]
    return product


def _named(stored: Mapping[str, Floats], prefix: str) -> dict[str, Floats]:
    return {name[len(prefix) :]: stored[name] for name in stored if name.startswith(prefix)}
