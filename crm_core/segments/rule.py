"""The rule language: what its conditions are, and how they stand as JSON.

`schema` has the JSON schema, `wording` says a rule in plain Chinese, `reading` reads that again,
`compiling` makes one SQL statement of it.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any


class Comparison(StrEnum):
    FROM = "from"
    UP_TO = "up_to"
    ABOVE = "above"
    BELOW = "below"
    IS = "is"
    BETWEEN = "between"  # both ends belong to it


class Source(StrEnum):
    """Where a number comes from."""

    FIGURE = "figure"
    EVENT = "event"
    BOUGHT = "bought"  # pieces
    FIELD = "field_number"  # a field of the shop's own that is a number
    UNTIL = "days_until"  # a field of the shop's own that is a date to come


@dataclass(frozen=True)
class All:
    parts: tuple["Rule", ...]


@dataclass(frozen=True)
class Any_:  # noqa: N801  the name without it is typing's
    parts: tuple["Rule", ...]


@dataclass(frozen=True)
class Not:
    part: "Rule"


@dataclass(frozen=True)
class Number:
    """A figure, or how often something happened, compared with one or two numbers."""

    source: Source
    name: str  # "" for what was bought
    comparison: Comparison
    bounds: tuple[int, ...]
    within_days: int | None = None
    since_last_order: bool = False
    goods: tuple[tuple[str, tuple[str, ...]], ...] = ()  # what was bought: its kind, which ones


@dataclass(frozen=True)
class Among:
    """An attribute is one of these."""

    name: str
    values: tuple[str, ...]


@dataclass(frozen=True)
class Flag:
    name: str


@dataclass(frozen=True)
class Tagged:
    """Has one of these tags, given by staff or derived."""

    tags: tuple[str, ...]


@dataclass(frozen=True)
class InSegment:
    name: str


@dataclass(frozen=True)
class Falling:
    """Spent less in each of the last so many whole months than in the one before."""

    months: int


@dataclass(frozen=True)
class Field:
    """A field of the shop's own is one of these."""

    title: str
    values: tuple[str, ...]


Rule = All | Any_ | Not | Number | Among | Flag | Tagged | InSegment | Falling | Field


def from_json(given: Mapping[str, Any]) -> Rule:
    """The rule that JSON of the right shape (see `schema`) stands for."""
    match given:
        case {"all": parts}:
            return All(tuple(from_json(part) for part in parts))
        case {"any": parts}:
            return Any_(tuple(from_json(part) for part in parts))
        case {"not": part}:
            return Not(from_json(part))
        case {"attribute": name, "in": values}:
            return Among(name, tuple(values))
        case {"field": title, "in": values}:
            return Field(title, tuple(values))
        case _:
            return _leaf(given)


def to_json(rule: Rule) -> dict[str, Any]:
    """The rule as JSON."""
    match rule:
        case All(parts):
            return {"all": [to_json(part) for part in parts]}
        case Any_(parts):
            return {"any": [to_json(part) for part in parts]}
        case Not(part):
            return {"not": to_json(part)}
        case Among(name, values):
            return {"attribute": name, "in": list(values)}
        case Field(title, values):
            return {"field": title, "in": list(values)}
        case _:
            return _leaf_json(rule)


def leaves(rule: Rule) -> Iterator[Rule]:
    """The conditions that are not made of others."""
    match rule:
        case All(parts) | Any_(parts):
            for part in parts:
                yield from leaves(part)
        case Not(part):
            yield from leaves(part)
        case _:
            yield rule


def depth(rule: Rule) -> int:
    """How deep conditions stand within others; 1 for a single one."""
    match rule:
        case All(parts) | Any_(parts):
            return 1 + max(depth(part) for part in parts)
        case Not(part):
            return 1 + depth(part)
        case _:
            return 1


def _leaf(given: Mapping[str, Any]) -> Rule:
    match given:
        case {"tag": tags}:
            return Tagged(tuple(tags))
        case {"flag": name}:
            return Flag(name)
        case {"segment": name}:
            return InSegment(name)
        case {"falling_months": months}:
            return Falling(months)
        case _:
            return _number(given)


def _number(given: Mapping[str, Any]) -> Number:
    source = next(one for one in Source if one in given)
    comparison = next(one for one in Comparison if one in given)
    bounds = given[comparison]
    named = given[source]
    goods = sorted(named.items()) if source is Source.BOUGHT else ()
    return Number(
        source,
        "" if source is Source.BOUGHT else named,
        comparison,
        tuple(bounds) if comparison is Comparison.BETWEEN else (bounds,),
        given.get("within_days"),
        given.get("since_last_order", False),
        tuple((kind, tuple(values)) for kind, values in goods),
    )


def _leaf_json(rule: Rule) -> dict[str, Any]:
    match rule:
        case Tagged(tags):
            return {"tag": list(tags)}
        case Flag(name):
            return {"flag": name}
        case InSegment(name):
            return {"segment": name}
        case Falling(months):
            return {"falling_months": months}
        case Number():
            return _number_json(rule)
        case _:
            raise TypeError(rule)


def _number_json(rule: Number) -> dict[str, Any]:
    bought = {kind: list(values) for kind, values in rule.goods}
    made: dict[str, Any] = {
        rule.source.value: bought if rule.source is Source.BOUGHT else rule.name
    }
    if rule.within_days is not None:
        made["within_days"] = rule.within_days
    if rule.since_last_order:
        made["since_last_order"] = True
    two = rule.comparison is Comparison.BETWEEN
    made[rule.comparison.value] = list(rule.bounds) if two else rule.bounds[0]
    return made
