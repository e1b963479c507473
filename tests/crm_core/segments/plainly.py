"""Rules evaluated in plain Python on a random person: what the compiled SQL has to agree with."""

from collections.abc import Callable
from datetime import date, timedelta
from functools import cached_property
from itertools import pairwise
from typing import Any

from crm_core.figures.reckoning import Bought, Goods, reckon
from crm_core.segments import shipped
from crm_core.segments.rule import (
    All,
    Among,
    Any_,
    Comparison,
    Falling,
    Field,
    Flag,
    InSegment,
    Not,
    Number,
    Rule,
    Source,
    Tagged,
)
from tests.crm_core.figures.ledgers import Sale
from tests.crm_core.segments.people import NOW, TODAY, Person

_SHOP = timedelta(hours=8)
_CONTACTS = {
    "message", "scan", "try_on", "fitting", "browse", "favourite", "cart", "return", "redemption",
    "check_in", "vote", "rating", "complaint",
}  # fmt: skip
_COMPARED: dict[Comparison, Callable[[Any, Any], bool]] = {
    Comparison.FROM: lambda value, n: value >= n,
    Comparison.UP_TO: lambda value, n: value <= n,
    Comparison.ABOVE: lambda value, n: value > n,
    Comparison.BELOW: lambda value, n: value < n,
    Comparison.IS: lambda value, n: value == n,
}


class Plain:
    """One person, of whom rules are asked."""

    def __init__(self, person: Person, costs: dict[str, int]) -> None:
        self._who = person
        self._costs = costs

    def fits(self, rule: Rule) -> bool:
        match rule:
            case All(parts):
                return all(self.fits(part) for part in parts)
            case Any_(parts):
                return any(self.fits(part) for part in parts)
            case Not(part):
                return not self.fits(part)
            case InSegment(name):
                return self.fits(shipped.segments()[name].rule)
            case _:
                return self._leaf(rule)

    def _leaf(self, rule: Rule) -> bool:
        match rule:
            case Tagged(tags):
                return any(self._tagged(tag) for tag in tags)
            case Among(name, values):
                return bool(set(self._words(name)) & set(values))
            case Field("新娘", values):
                return self._who.bride in values
            case Flag(name):
                return self._flag(name)
            case Falling(months):
                return self._falls(months)
            case _:
                return self._compares(rule)

    def _compares(self, rule: Rule) -> bool:
        assert isinstance(rule, Number)
        value = self._number(rule)
        return value is not None and _compared(value, rule)

    def _number(self, number: Number) -> float | None:
        match number.source:
            case Source.FIGURE:
                return self._figure(number)
            case Source.EVENT:
                return self._happened(number)
            case Source.BOUGHT:
                return self._bought(number)
            case Source.FIELD:
                return self._who.height
            case Source.UNTIL:
                days = self._who.wedding_in_days
                return None if days is None or days < 0 else days

    def _figure(self, number: Number) -> float | None:
        who, name = self._who, number.name
        if number.within_days is not None:
            recent = [sale for sale in self._kept if _ago(sale.back) <= number.within_days]
            return len(recent) if name == "orders" else sum(sale.left_fen for sale in recent)
        since: dict[str, timedelta | None] = {
            "recency_days": self._last,
            "first_order_days": max((sale.back for sale in self._kept), default=None),
            "member_days": who.joined,
            "known_days": who.made,
        }
        if name in since:
            back = since[name]
            return None if back is None else _ago(back)
        if name == "birthday_days":
            return _until_birthday(who.birthday)
        if name == "acquisition_cost_fen":
            return self._costs.get(who.came_by[0][0]) if who.came_by else None
        if name == "points":
            return 200 * len(who.invites) + sum(who.points)
        value = self._figures.get(name)
        return value if name == "interval_days" or value is not None else 0

    def _happened(self, number: Number) -> int:
        who = self._who
        if number.name == "invite":
            backs = list(who.invites)
        else:
            kinds = _CONTACTS if number.name == "contact" else {number.name}
            backs = [back for kind, back in who.events if kind in kinds]
        if number.within_days is not None:
            backs = [back for back in backs if _ago(back) <= number.within_days]
        if number.since_last_order and self._last is not None:
            backs = [back for back in backs if back < self._last]
        return len(backs)

    def _bought(self, number: Number) -> int:
        sales = self._kept
        if number.within_days is not None:
            sales = [sale for sale in sales if _ago(sale.back) <= number.within_days]
        found = 0
        for piece in (piece for sale in sales for piece in sale.pieces):
            told = {"category": piece.category, "style": piece.style, "size": piece.size,
                    "color": "", "product": "衣服"}  # fmt: skip
            if all(told[kind] in named for kind, named in number.goods):
                found += piece.quantity - piece.returned
        return found

    def _words(self, name: str) -> list[str]:
        who = self._who
        match name:
            case "city" | "tier" | "store":
                word = getattr(who, name)
                return [word] if word else []
            case "source":
                return [who.came_by[0][0]] if who.came_by else []
            case "stated_style":
                return list(who.styles)
            case "category" | "style" | "size":
                places = [self._figures.get(f"{name}_{n}") for n in (1, 2, 3)]
                return [place for place in places if place]
            case _:
                word = self._figures.get(name)
                return [word] if word else []

    def _flag(self, name: str) -> bool:
        who = self._who
        return {
            "bought": bool(self._kept),
            "member": who.joined is not None,
            "following": any(following for _, following in who.came_by),
            "agrees_to_pushes": bool(who.agreed) and who.agreed[-1],
        }[name]

    def _falls(self, months: int) -> bool:
        spent = [0] * (months + 1)
        this_month = TODAY.year * 12 + TODAY.month
        any_ = False
        for sale in self._kept:
            day = _day(sale.back)
            ago = this_month - (day.year * 12 + day.month)
            if 1 <= ago <= months + 1:
                any_ = True
                spent[ago - 1] += sale.left_fen
        return any_ and all(later < earlier for later, earlier in pairwise(spent))

    def _tagged(self, tag: str) -> bool:
        derived = shipped.tags().get(tag)
        return (tag, True) in self._who.tags or (derived is not None and self.fits(derived))

    @cached_property
    def _kept(self) -> list[Sale]:
        return [sale for sale in self._who.sales if not sale.whole_back]

    @property
    def _last(self) -> timedelta | None:
        return min((sale.back for sale in self._kept), default=None)

    @cached_property
    def _figures(self) -> dict[str, Any]:
        if not self._who.sales:
            return {}
        numbers = iter(range(10**6))
        return reckon([
            Bought(
                next(numbers), NOW - sale.back, not sale.whole_back, sale.left_fen, sale.in_shop,
                [
                    Goods(
                        next(numbers), piece.category, piece.style, piece.size, piece.price_fen,
                        piece.list_price_fen, piece.quantity,
                        0 if sale.whole_back else piece.quantity - piece.returned,
                    )
                    for piece in sale.pieces
                ],
            )
            for sale in self._who.sales
        ])  # fmt: skip


def _compared(value: float, number: Number) -> bool:
    if number.comparison is Comparison.BETWEEN:
        return number.bounds[0] <= value <= number.bounds[1]
    return _COMPARED[number.comparison](value, number.bounds[0])


def _day(back: timedelta) -> date:
    return (NOW - back + _SHOP).date()


def _ago(back: timedelta) -> int:
    return (TODAY - _day(back)).days


def _until_birthday(birthday: str | None) -> int | None:
    """Born on the 29th of February, one has it on the 28th of shorter ones."""
    if birthday is None:
        return None
    month, day = int(birthday[5:7]), int(birthday[8:])
    for away in range(367):
        then = TODAY + timedelta(days=away)
        shorter = (month, day) == (2, 29) and (then + timedelta(days=1)).day == 1
        if (then.month, then.day) == (month, day):
            return away
        if shorter and (then.month, then.day) == (2, 28):
            return away
    raise AssertionError(birthday)
