"""Days and hours of the shop's time zone, reckoned alike by three databases and by Python."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import BigInteger, ColumnElement, Integer, case, literal
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import GenericFunction

from crm_core.settings import settings

DAY_SECONDS = 86_400
_HOUR_SECONDS = 3_600
_FROM = datetime(1995, 1, 1, tzinfo=UTC)  # older moments are told in that year's time
_YEARS = 60


def local_seconds(moment: Any) -> ColumnElement[int]:
    """Seconds since 1970 on the shop's clock, as SQL on a column with a moment."""
    (_, first), *later = _changes(settings().zone)
    shifts = [(moment >= at, seconds) for at, seconds in reversed(later)]
    return _epoch(moment) + (case(*shifts, else_=first) if shifts else literal(first, Integer))


def hour(local: ColumnElement[int]) -> ColumnElement[int]:
    """The hour of the day, 0 to 23, of what `local_seconds` gave."""
    return whole(local % DAY_SECONDS, _HOUR_SECONDS)


def day(local: ColumnElement[int]) -> ColumnElement[int]:
    """The number of the day of what `local_seconds` gave; two of them tell how far apart."""
    return whole(local, DAY_SECONDS)


def month(local: ColumnElement[int]) -> ColumnElement[int]:
    """The month, 1 to 12, of what `local_seconds` gave."""
    return _month(local)


def whole(dividend: ColumnElement[int], divisor: ColumnElement[int] | int) -> ColumnElement[int]:
    """The whole part of a quotient of two numbers that are not negative."""
    return _whole(dividend, divisor)


def on_the_clock(moment: datetime) -> datetime:
    """What the shop's clock showed, without a zone."""
    changes = _changes(settings().zone)
    past = (seconds for at, seconds in reversed(changes) if moment >= at)
    seconds = next(past, changes[0][1])
    return moment.astimezone(UTC).replace(tzinfo=None) + timedelta(seconds=seconds)


@cache
def _changes(zone: ZoneInfo) -> Sequence[tuple[datetime, int]]:
    """When the zone's offset from UTC became how many seconds; the first one holds since ever."""
    found = [(_FROM, _offset(_FROM, zone))]
    for days in range(1, 366 * _YEARS):
        at = _FROM + timedelta(days=days)
        if _offset(at, zone) != found[-1][1]:
            found.append((_changed_at(at, zone), _offset(at, zone)))
    return found


def _changed_at(after: datetime, zone: ZoneInfo) -> datetime:
    """The first second of a new offset, within the day before `after`."""
    low, high = after - timedelta(days=1), after
    while high - low > timedelta(seconds=1):
        middle = low + timedelta(seconds=(high - low).total_seconds() // 2)
        if _offset(middle, zone) == _offset(after, zone):
            high = middle
        else:
            low = middle
    return high


def _offset(moment: datetime, zone: ZoneInfo) -> int:
    offset = moment.astimezone(zone).utcoffset()
    assert offset is not None
    return int(offset.total_seconds())


class _epoch(GenericFunction[int]):  # noqa: N801  named as SQL functions are
    type = BigInteger()
    inherit_cache = True


class _month(GenericFunction[int]):  # noqa: N801
    type = Integer()
    inherit_cache = True


class _whole(GenericFunction[int]):  # noqa: N801
    type = BigInteger()
    inherit_cache = True


@compiles(_epoch, "sqlite")
def _epoch_sqlite(element: Any, compiler: Any, **kw: Any) -> str:
    # without the microseconds, which strftime would round up
    return f"CAST(strftime('%s', substr({_inner(element, compiler, kw)}, 1, 19)) AS INTEGER)"


@compiles(_epoch, "postgresql")
def _epoch_postgresql(element: Any, compiler: Any, **kw: Any) -> str:
    return f"CAST(floor(extract(epoch FROM {_inner(element, compiler, kw)})) AS BIGINT)"


@compiles(_epoch, "mysql", "mariadb")
def _epoch_mysql(element: Any, compiler: Any, **kw: Any) -> str:
    return f"TIMESTAMPDIFF(SECOND, '1970-01-01', {_inner(element, compiler, kw)})"


@compiles(_month, "sqlite")
def _month_sqlite(element: Any, compiler: Any, **kw: Any) -> str:
    return f"CAST(strftime('%m', {_inner(element, compiler, kw)}, 'unixepoch') AS INTEGER)"


@compiles(_month, "postgresql")
def _month_postgresql(element: Any, compiler: Any, **kw: Any) -> str:
    local = f"to_timestamp({_inner(element, compiler, kw)}) AT TIME ZONE 'UTC'"
    return f"CAST(extract(month FROM {local}) AS INTEGER)"


@compiles(_month, "mysql", "mariadb")
def _month_mysql(element: Any, compiler: Any, **kw: Any) -> str:
    return f"MONTH(DATE_ADD('1970-01-01', INTERVAL ({_inner(element, compiler, kw)}) SECOND))"


@compiles(_whole)
def _whole_default(element: Any, compiler: Any, **kw: Any) -> str:
    dividend, divisor = _both(element, compiler, kw)
    return f"(CAST({dividend} AS BIGINT) / CAST({divisor} AS BIGINT))"


@compiles(_whole, "mysql", "mariadb")
def _whole_mysql(element: Any, compiler: Any, **kw: Any) -> str:
    dividend, divisor = _both(element, compiler, kw)
    return f"(({dividend}) DIV ({divisor}))"


def _inner(element: Any, compiler: Any, kw: dict[str, Any]) -> str:
    return str(compiler.process(next(iter(element.clauses)), **kw))


def _both(element: Any, compiler: Any, kw: dict[str, Any]) -> tuple[str, str]:
    dividend, divisor = element.clauses
    return str(compiler.process(dividend, **kw)), str(compiler.process(divisor, **kw))
