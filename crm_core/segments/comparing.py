"""Comparisons as SQL that are true or false for everybody, also where nothing is known.

With a third truth value, 不满足（…） would leave out whoever has no value.
"""

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

from sqlalchemy import ColumnElement, and_, false, or_

from crm_core.segments import days
from crm_core.segments.rule import Comparison, Number

Column = ColumnElement[Any]

_FAR_DAYS = 36_500

_COMPARED: dict[Comparison, Callable[..., Any]] = {
    Comparison.FROM: lambda value, n: value >= n,
    Comparison.UP_TO: lambda value, n: value <= n,
    Comparison.ABOVE: lambda value, n: value > n,
    Comparison.BELOW: lambda value, n: value < n,
    Comparison.IS: lambda value, n: value == n,
}
# So many days ago, by the moments at which the day n days ago, and the one after it, began.
_DAYS_AGO: dict[Comparison, Callable[[Column, int], ColumnElement[bool]]] = {
    Comparison.FROM: lambda at, n: at < days.begins(n - 1),
    Comparison.UP_TO: lambda at, n: at >= days.begins(n),
    Comparison.ABOVE: lambda at, n: at < days.begins(n),
    Comparison.BELOW: lambda at, n: at >= days.begins(n - 1),
    Comparison.IS: lambda at, n: and_(at >= days.begins(n), at < days.begins(n - 1)),
}


def holds(value: int, number: Number) -> bool:
    """Whether a number fits."""
    return bool(_fits(value, number))


def amount(column: Column, number: Number) -> ColumnElement[bool]:
    """A column whose absence means none."""
    if holds(0, number):
        return or_(column.is_(None), _fits(column, number))
    return known(column, number)


def known(column: Column, number: Number) -> ColumnElement[bool]:
    """A column that fits nothing where it is empty."""
    return and_(column.is_not(None), _fits(column, number))


def days_ago(column: Column, number: Number) -> ColumnElement[bool]:
    """A moment so many days of the shop's calendar ago; an empty one fits nothing."""
    if number.comparison is Comparison.BETWEEN:
        nearest, farthest = number.bounds
        inside = and_(column >= days.begins(farthest), column < days.begins(nearest - 1))
        return and_(column.is_not(None), inside)
    return and_(column.is_not(None), _DAYS_AGO[number.comparison](column, number.bounds[0]))


def until(column: Column, number: Number, today: date) -> ColumnElement[bool]:
    """A day to come, so many days from today; an empty or a past one fits nothing."""
    low, high = _range(number)
    first = today + timedelta(days=min(low, _FAR_DAYS))
    inside = and_(column >= first, column <= today + timedelta(days=min(high, _FAR_DAYS)))
    return and_(column.is_not(None), inside) if low <= high else false()


def among(column: Column, values: tuple[str, ...]) -> ColumnElement[bool]:
    """A word that is one of these; an empty one is none of them."""
    return and_(column.is_not(None), column.in_(values))


def _range(number: Number) -> tuple[int, int]:
    """The whole numbers from 0 on that fit, as the first and the last."""
    n = number.bounds[0]
    return {
        Comparison.FROM: (n, _FAR_DAYS),
        Comparison.UP_TO: (0, n),
        Comparison.ABOVE: (n + 1, _FAR_DAYS),
        Comparison.BELOW: (0, n - 1),
        Comparison.IS: (n, n),
        Comparison.BETWEEN: (n, number.bounds[-1]),
    }[number.comparison]


def _fits(value: Any, number: Number) -> Any:
    if number.comparison is Comparison.BETWEEN:
        low, high = number.bounds
        if isinstance(value, int):
            return low <= value <= high
        return value.between(low, high)
    return _COMPARED[number.comparison](value, number.bounds[0])
