"""The figures of one customer in Python, from the orders at hand; the same as `ledger` finds."""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from crm_core.figures import bands
from crm_core.figures.moments import on_the_clock


@dataclass(frozen=True)
class Goods:
    """One line, with the pieces that are left of it."""

    id: int
    category: str
    style: str
    size: str
    price_fen: int
    list_price_fen: int | None
    bought: int
    pieces: int


@dataclass(frozen=True)
class Bought:
    """One order, with what is left of it."""

    id: int
    paid_at: datetime
    kept: bool
    left_fen: int
    in_shop: bool
    goods: Sequence[Goods]


def reckon(orders: Sequence[Bought]) -> dict[str, Any]:
    """The columns of `CustomerFigures`, but the customer's."""
    kept = [order for order in orders if order.kept]
    left = [line for order in kept for line in order.goods if line.pieces]
    pieces = sum(line.pieces for line in left)
    bought = sum(line.bought for order in orders for line in order.goods)
    spent_fen = sum(order.left_fen for order in kept)
    discounted = sum(line.pieces for line in left if _discounted(line))
    return {
        **_when(kept),
        "orders": len(kept),
        "spent_fen": spent_fen,
        "average_fen": _per(spent_fen, len(kept)),
        "pieces": pieces,
        "most_pieces": max((sum(x.pieces for x in order.goods) for order in kept), default=0),
        "categories": len({line.category for line in left if line.category}),
        "return_percent": _per((bought - pieces) * 100, bought),
        "discount_percent": _per(discounted * 100, pieces),
        **_tastes(left),
        **_habits(kept),
    }


def _when(kept: Sequence[Bought]) -> dict[str, Any]:
    moments = [order.paid_at for order in kept]
    first_at, last_at = min(moments, default=None), max(moments, default=None)
    interval_days = None
    if first_at and last_at and len(kept) > 1:
        apart = on_the_clock(last_at).date() - on_the_clock(first_at).date()
        interval_days = apart.days // (len(kept) - 1)
    return {"first_at": first_at, "last_at": last_at, "interval_days": interval_days}


def _tastes(left: Sequence[Goods]) -> dict[str, Any]:
    """Favourite categories, styles, sizes and the price band, by pieces."""
    named: dict[str, Callable[[Goods], str]] = {
        "category": lambda line: line.category,
        "style": lambda line: line.style,
        "size": lambda line: line.size,
    }
    tastes: dict[str, Any] = {}
    for name, value in named.items():
        found = _favourites((value(line), line.pieces, line.id) for line in left)
        padded = [*found, *[None] * bands.FAVOURITES]
        tastes |= {f"{name}_{n + 1}": padded[n] for n in range(bands.FAVOURITES)}
    priced = ((_band(line.price_fen), line.pieces, line.id) for line in left)
    return tastes | {"price_band": _first(priced)}


def _habits(kept: Sequence[Bought]) -> dict[str, Any]:
    """Season, hour and channel, by orders."""
    clock = {order.id: on_the_clock(order.paid_at) for order in kept}
    hours = [moment.hour for moment in clock.values()]
    at_night = sum(hour >= bands.NIGHT_FROM or hour < bands.NIGHT_UNTIL for hour in hours)
    return {
        "night_percent": _per(at_night * 100, len(kept)),
        "season": _first((bands.SEASONS[clock[x.id].month], 1, x.id) for x in kept),
        "part_of_day": _first((_part(clock[x.id].hour), 1, x.id) for x in kept),
        "channel": _first((bands.IN_SHOP if x.in_shop else bands.ONLINE, 1, x.id) for x in kept),
    }


def _favourites(found: Iterable[tuple[str, int, int]]) -> list[str]:
    """Up to three values, most pieces first, the more recent of two equal ones."""
    numbers: Counter[str] = Counter()
    latest: dict[str, int] = {}
    for value, number, row_id in found:
        if value:
            numbers[value] += number
            latest[value] = max(latest.get(value, 0), row_id)
    least = numbers.total() * bands.LEAST_SHARE_PERCENT
    enough = [value for value, number in numbers.items() if number * 100 >= least]
    enough.sort(key=lambda value: (numbers[value], latest[value]), reverse=True)
    return enough[: bands.FAVOURITES]


def _first(found: Iterable[tuple[str, int, int]]) -> str | None:
    return next(iter(_favourites(found)), None)


def _discounted(line: Goods) -> bool:
    return line.list_price_fen is not None and line.price_fen < line.list_price_fen


def _band(price_fen: int) -> str:
    return next(name for since, name in bands.PRICES if price_fen >= since)


def _part(hour: int) -> str:
    return next(name for since, name in bands.PARTS_OF_DAY if hour >= since)


def _per(dividend: int, divisor: int) -> int:
    return dividend // divisor if divisor else 0
