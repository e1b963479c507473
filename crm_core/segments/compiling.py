"""A rule as one SQL statement: every customer with one row, joined to what the rule asks for."""

from collections.abc import Callable, Hashable
from dataclasses import replace
from itertools import pairwise
from typing import Any

from sqlalchemy import ColumnElement, FromClause, Select, and_, not_, or_, select
from sqlmodel import Session, col

from crm_core.acquisition import service as acquisition
from crm_core.clock import today
from crm_core.customers.models import Customer
from crm_core.figures.models import CustomerFigures
from crm_core.preferences.models import PreferenceKind
from crm_core.segments import birthdays, comparing, counts
from crm_core.segments.book import Book, Frozen
from crm_core.segments.models import SegmentMember
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
from crm_core.stores.models import Store

Condition = ColumnElement[bool]

_MOMENTS: dict[str, Any] = {
    "recency_days": col(CustomerFigures.last_at),
    "first_order_days": col(CustomerFigures.first_at),
    "member_days": col(Customer.member_since),
    "known_days": col(Customer.created_at),
}
_MOST_CONDITIONS = 20_000  # segments that refer to each other twice double with each step
_FAVOURITES = {"category", "style", "size"}


class Compiler:
    """Conditions of several rules over the same joins."""

    def __init__(self, session: Session, book: Book) -> None:
        self._session = session
        self._book = book
        self._joins: dict[Hashable, tuple[FromClause, ColumnElement[int]]] = {}
        self._compiled = 0
        self._asked: list[str] = []  # segments and tags that are being looked into

    def select(self, *columns: Any) -> Select[Any]:
        """These columns of every customer who is still one, with all that conditions asked for."""
        joined: FromClause = Customer.__table__  # type: ignore[attr-defined]
        for of, whose in self._joins.values():
            joined = joined.outerjoin(of, whose == col(Customer.id))
        return select(*columns).select_from(joined).where(col(Customer.joined_into).is_(None))

    def condition(self, rule: Rule) -> Condition:
        """Whether a customer fits; true or false, never unknown.

        Raises:
            UnknownSegment: the rule speaks of a segment that there is not.
            BadSegmentRule: a segment is defined by itself, or by too many others.
        """
        self._compiled += 1
        if self._compiled > _MOST_CONDITIONS:
            raise self._book.endless()
        match rule:
            case All(parts):
                return and_(*(self.condition(part) for part in parts))
            case Any_(parts):
                return or_(*(self.condition(part) for part in parts))
            case Not(part):
                return not_(self.condition(part))
            case Number():
                return self._number(rule)
            case InSegment(name):
                return self._in_segment(name)
            case _:
                return self._word(rule)

    def _word(self, rule: Rule) -> Condition:
        match rule:
            case Tagged(tags):
                return self._tagged(tags)
            case Among(name, values):
                return self._among(name, values)
            case Field(title, values):
                return comparing.among(self._field(title).c.text, values)
            case Flag(name):
                return self._flag(name)
            case Falling(months):
                return self._falling(months)
            case _:
                raise TypeError(rule)

    def _number(self, number: Number) -> Condition:
        match number.source:
            case Source.FIGURE:
                return self._figure(number)
            case Source.EVENT:
                counted = self._joined(_what(number), lambda: counts.events(number))
                return comparing.amount(counted.c.number, number)
            case Source.BOUGHT:
                counted = self._joined(_what(number), lambda: counts.bought(number))
                return comparing.amount(counted.c.number, number)
            case Source.FIELD:
                return comparing.known(self._field(number.name).c.number, number)
            case Source.UNTIL:
                return comparing.until(self._field(number.name).c.day, number, today())

    def _figure(self, number: Number) -> Condition:
        if number.within_days is not None:
            days = number.within_days
            recent = self._joined(("orders", days), lambda: counts.orders_within(days))
            return comparing.amount(recent.c[number.name], number)
        if number.name in _MOMENTS:
            self._figures()
            return comparing.days_ago(_MOMENTS[number.name], number)
        if number.name == "birthday_days":
            return self._is_in(("birthday", number), lambda: birthdays.within(number))
        return self._sum(number)

    def _sum(self, number: Number) -> Condition:
        match number.name:
            case "points":
                balance = self._joined("points", counts.points)
                return comparing.amount(balance.c.number, number)
            case "acquisition_cost_fen":
                cost = self._joined("cost", lambda: acquisition.costs(self._session))
                return comparing.known(cost.c.cost_fen, number)
            case "interval_days":
                return comparing.known(self._figures().interval_days, number)
            case name:
                return comparing.amount(getattr(self._figures(), name), number)

    def _among(self, name: str, values: tuple[str, ...]) -> Condition:
        if name in _FAVOURITES:
            figures = self._figures()
            places = [getattr(figures, f"{name}_{place}") for place in (1, 2, 3)]
            return or_(*(comparing.among(place, values) for place in places))
        match name:
            case "city" | "tier":
                return comparing.among(getattr(Customer, name), values)
            case "store":
                ids = select(col(Store.id)).where(col(Store.name).in_(values))
                return and_(col(Customer.store_id).is_not(None), col(Customer.store_id).in_(ids))
            case "source":
                return comparing.among(self._joined("source", acquisition.sources).c.source, values)
            case "stated_style":
                return self._prefers(PreferenceKind.STYLE, values)
            case _:
                return comparing.among(getattr(self._figures(), name), values)

    def _flag(self, name: str) -> Condition:
        match name:
            case "bought":
                orders = self._figures().orders
                return and_(orders.is_not(None), orders > 0)
            case "member":
                return col(Customer.member_since).is_not(None)
            case "following":
                return self._is_in(name, counts.following)
            case _:
                return self._is_in(name, counts.agreeing)

    def _falling(self, months: int) -> Condition:
        spent = self._joined(("months", months), lambda: counts.months(months + 1))
        sums = [spent.c[f"month_{n}"] for n in range(1, months + 2)]
        falls = [later < earlier for later, earlier in pairwise(sums)]
        return and_(spent.c.customer_id.is_not(None), *falls)

    def _tagged(self, tags: tuple[str, ...]) -> Condition:
        """Tags that were given, and those that follow from what somebody does."""
        derived = [
            self._within(f"tag {tag}", rule)
            for tag in tags
            if (rule := self._book.tags.get(tag)) is not None
        ]
        return or_(self._prefers(PreferenceKind.TAG, tags), *derived)

    def _in_segment(self, name: str) -> Condition:
        known = self._book.segment(name)
        if isinstance(known, Frozen):
            return self._is_in(("frozen", known.segment_id), lambda: _members(known))
        return self._within(f"segment {name}", known)

    def _within(self, name: str, rule: Rule) -> Condition:
        if name in self._asked:
            raise self._book.circular(name)
        self._asked.append(name)
        found = self.condition(rule)
        self._asked.pop()
        return found

    def _prefers(self, kind: PreferenceKind, names: tuple[str, ...]) -> Condition:
        return self._is_in((kind, names), lambda: counts.preferring(kind, names))

    def _field(self, title: str) -> Any:
        return self._joined(("field", title), lambda: counts.field(title))

    def _figures(self) -> Any:
        table: FromClause = CustomerFigures.__table__  # type: ignore[attr-defined]
        self._joins.setdefault("figures", (table, table.c.customer_id))
        return CustomerFigures

    def _is_in(self, key: Hashable, make: Callable[[], Any]) -> Condition:
        """Whether a customer stands in what was asked for."""
        whose: ColumnElement[int] = self._joined(key, make).c.customer_id
        return whose.is_not(None)

    def _joined(self, key: Hashable, make: Callable[[], Any]) -> Any:
        """What was asked for before, or is from now on."""
        if key not in self._joins:
            made = make()
            self._joins[key] = (made, made.c.customer_id)
        return self._joins[key][0]


def _what(number: Number) -> Number:
    """The same for all numbers that it may be compared with."""
    return replace(number, comparison=Comparison.IS, bounds=())


def _members(known: Frozen) -> Any:
    return (
        select(col(SegmentMember.customer_id))
        .where(col(SegmentMember.segment_id) == known.segment_id)
        .subquery()
    )
