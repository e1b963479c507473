"""The classifier's arithmetic, on small made-up blocks."""

from pathlib import Path

import numpy as np
import pytest
from scipy.sparse import csr_matrix

from nlu.linear import Block, LinearModel

RANDOM = np.random.default_rng(3)
LABELS = [label for label in "abcd" for _ in range(30)]


def some_blocks(noise: float) -> dict[str, Block]:
    """One sparse block that tells a and b from c and d, one dense one that tells the rest."""
    sparse = np.array([[label in "ab", label in "cd"] for label in LABELS], dtype=np.float32)
    dense = np.array([[label in "ac", label in "bd"] for label in LABELS], dtype=np.float32)
    dense = dense + 5.0 + noise * RANDOM.normal(size=dense.shape).astype(np.float32)
    return {"words": csr_matrix(sparse), "meaning": dense}


def row(blocks: dict[str, Block], number: int) -> dict[str, Block]:
    return {name: block[number : number + 1] for name, block in blocks.items()}


SCALES = {"words": 1.0, "meaning": 2.0}


def test_both_blocks_together_tell_what_neither_tells_alone() -> None:
    blocks = some_blocks(noise=0.1)
    model = LinearModel.fit(blocks, LABELS, scales=SCALES, c=1.0)
    assert [model.rank(row(blocks, number))[0][0] for number in (0, 30, 60, 90)] == list("abcd")


def test_chances_sum_to_one_and_fall() -> None:
    blocks = some_blocks(noise=0.1)
    chances = [
        chance
        for _, chance in LinearModel.fit(blocks, LABELS, scales=SCALES, c=1.0).rank(row(blocks, 0))
    ]
    assert sum(chances) == pytest.approx(1)
    assert chances == sorted(chances, reverse=True)


def test_the_more_doubtful_the_data_the_smaller_the_chances() -> None:
    def confidence(noise: float) -> float:
        blocks = some_blocks(noise)
        model = LinearModel.fit(blocks, LABELS, scales=SCALES, c=1.0)
        best = [model.rank(row(blocks, number))[0][1] for number in range(len(LABELS))]
        return float(np.mean(best))

    assert confidence(noise=0.1) > 0.9
    assert confidence(noise=3.0) < 0.75


def test_a_stored_model_ranks_as_before(tmp_path: Path) -> None:
    blocks = some_blocks(noise=0.5)
    model = LinearModel.fit(blocks, LABELS, scales=SCALES, c=1.0)
    model.save(tmp_path)
    assert LinearModel.load(tmp_path).rank(row(blocks, 7)) == model.rank(row(blocks, 7))


def test_two_labels_are_enough() -> None:
    blocks = {"words": csr_matrix(np.eye(2, dtype=np.float32))}
    model = LinearModel.fit(blocks, ["no", "yes"], scales={"words": 1.0}, c=1.0)
    assert model.rank(row(blocks, 0))[0][0] == "no"
    assert model.rank(row(blocks, 1))[0][0] == "yes"
