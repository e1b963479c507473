"""Vectors of training sentences, remembered on disk: a second training needs no model for them."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt

Vectors = npt.NDArray[np.float32]


class Remembered:
    """A file of vectors by the digest of their text; `name` says which model made them."""

    def __init__(self, name: str) -> None:
        home = Path(os.environ.get("DIANYU_HOME", "var"))
        self._path = home / "cache" / f"{name}.npz"

    def vectors(self, texts: Sequence[str], embed: Callable[[list[str]], Vectors]) -> Vectors:
        """One row a text; what is not in the file yet is embedded and added to it."""
        known = self._read()
        missing = sorted({text for text in texts if _digest(text) not in known})
        if missing:
            known |= dict(zip(map(_digest, missing), embed(missing), strict=True))
            self._write(known)
        return np.vstack([known[_digest(text)] for text in texts])

    def _read(self) -> dict[str, Vectors]:
        try:
            with np.load(self._path, allow_pickle=False) as stored:
                return dict(zip(stored["digests"].tolist(), stored["vectors"], strict=True))
        except (FileNotFoundError, ValueError, KeyError, OSError, EOFError):
            return {}

    def _write(self, known: dict[str, Vectors]) -> None:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        part = self._path.with_suffix(f".{os.getpid()}.npz")
        np.savez(part, digests=np.array(list(known)), vectors=np.vstack(list(known.values())))
        part.replace(self._path)


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:32]
