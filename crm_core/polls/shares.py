"""Votes as percentages that add up."""

from collections.abc import Sequence

_WHOLE = 100


def percentages(votes: Sequence[int]) -> list[int]:
    """Whole percents that sum to 100 (all 0 without a vote), by the largest remainder.

    The method of Hare and Niemeyer: round down, then give what is missing to those who lost most.
    """
    total = sum(votes)
    if total == 0:
        return [0] * len(votes)
    rounded = [count * _WHOLE // total for count in votes]
    losers = sorted(range(len(votes)), key=lambda n: -(votes[n] * _WHOLE % total))
    for number in losers[: _WHOLE - sum(rounded)]:
        rounded[number] += 1
    return rounded
