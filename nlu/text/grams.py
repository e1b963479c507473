"""Tf-idf over n-grams, small enough to be fast on one text and to be stored as plain JSON."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.sparse import csr_matrix

_EDGE = "^"
_JOINT = "\x1f"


@dataclass(frozen=True)
class Grams:
    """A learnt vocabulary of n-grams with their inverse document frequencies."""

    shortest: int
    longest: int
    columns: dict[str, int]
    idf: list[float]

    @classmethod
    def learn(
        cls, texts: Iterable[Sequence[str]], shortest: int, longest: int, rarest: int = 1
    ) -> Grams:
        """Learns from texts cut into units; smoothed idf as scikit-learn's: ln((1+n)/(1+df)) + 1.

        N-grams in fewer than `rarest` texts are left out.
        """
        seen: Counter[str] = Counter()
        total = 0
        for units in texts:
            total += 1
            seen.update(set(_grams(units, shortest, longest)))
        names = sorted(name for name, texts_with_it in seen.items() if texts_with_it >= rarest)
        idf = [math.log((1 + total) / (1 + seen[name])) + 1 for name in names]
        return cls(shortest, longest, {name: i for i, name in enumerate(names)}, idf)

    def row(self, units: Sequence[str]) -> csr_matrix:
        """One row of length 1 (or 0 where nothing is known), with counts dampened to 1 + ln n."""
        counts = Counter(_grams(units, self.shortest, self.longest))
        known = sorted((self.columns[g], n) for g, n in counts.items() if g in self.columns)
        columns = np.array([column for column, _ in known], dtype=np.int32)
        weights = np.array([(1 + math.log(n)) * self.idf[column] for column, n in known])
        norm = math.sqrt(float(weights @ weights)) or 1.0
        shape = (1, len(self.idf))
        ends = np.array([0, len(known)], dtype=np.int32)
        return csr_matrix(((weights / norm).astype(np.float32), columns, ends), shape=shape)


def _grams(units: Sequence[str], shortest: int, longest: int) -> Iterator[str]:
    framed = (_EDGE, *units, _EDGE)
    for length in range(shortest, longest + 1):
        for start in range(len(framed) - length + 1):
            gram = framed[start : start + length]
            if length > 1 or gram[0] != _EDGE:
                yield _JOINT.join(gram)
