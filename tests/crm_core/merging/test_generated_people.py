"""A small version of the benchmark: who stands twice is found, nobody is merged wrongly."""

import pytest
from sqlmodel import Session

from benchmarks.duplicates import run
from benchmarks.duplicates_people import records


@pytest.mark.parametrize("seed", [1, 2])
def test_hardly_anybody_stands_twice_afterwards(session: Session, seed: int) -> None:
    outcome = run(records(150, seed), lambda _what, _number: None)
    assert outcome.twice > 60
    assert outcome.joined > 0
    assert outcome.wrong == 0
    assert outcome.left(session) <= 0.02 * outcome.twice
    assert outcome.accepted >= 0.9 * outcome.listed
