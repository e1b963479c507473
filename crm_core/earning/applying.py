"""What a purchase, a vote or another deed earns under a set of rules; nothing is written."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from crm_core.earning.definition import Definition, Trigger

ONLINE = "online"
_FEN_A_YUAN = 100
_BASE = "基础积分"


@dataclass(frozen=True)
class Rule:
    """A rule of the shop, ready to be applied."""

    title: str
    definition: Definition


@dataclass(frozen=True)
class Line:
    amount_fen: int
    article_no: str = ""
    category: str = ""


@dataclass(frozen=True)
class Deed:
    """What a customer did, with all that a rule may look at."""

    on: Trigger
    day: date
    tier: str
    birth_month: int | None
    store: str = ONLINE
    total_fen: int = 0  # as paid; the lines may come to more, before what was taken off
    lines: tuple[Line, ...] = ()
    task: str = ""


@dataclass(frozen=True)
class Share:
    """The points that one rule gives."""

    title: str
    points: int


def shares(deed: Deed, rules: Sequence[Rule], *, base: Decimal) -> list[Share]:
    """The points of a deed, rule by rule; those of no rule come first.

    `base` is what a yuan earns, or a vote, without any rule. Of the rules that fit, all that stack
    add up, and the best of the others comes on top.
    """
    plain = _plain(deed, base)
    fitting = [(rule, _extra(deed, rule.definition, base)) for rule in rules if _fits(deed, rule)]
    stacking = [Share(r.title, n) for r, n in fitting if r.definition.stacks]
    others = [Share(r.title, n) for r, n in fitting if not r.definition.stacks]
    best = sorted(others, key=lambda share: -share.points)[:1]
    return [s for s in (Share(_BASE, plain), *best, *stacking) if s.points > 0]


def _plain(deed: Deed, base: Decimal) -> int:
    if deed.on is Trigger.PURCHASE:
        return int(deed.total_fen * base // _FEN_A_YUAN)
    return 0 if deed.on is Trigger.TASK else int(base)


def _fits(deed: Deed, rule: Rule) -> bool:
    said = rule.definition
    return (
        said.on is deed.on
        and (said.since is None or said.since <= deed.day)
        and (said.until is None or deed.day <= said.until)
        and (not said.stores or deed.store in said.stores)
        and (not said.tiers or deed.tier in said.tiers)
        and deed.total_fen >= said.at_least_fen
        and (not said.birthday_month or deed.birth_month == deed.day.month)
        and said.task == deed.task
        and _has_goods(deed, said)
    )


def _has_goods(deed: Deed, said: Definition) -> bool:
    named = bool(said.products or said.categories)
    return not named or any(_is_meant(line, said) for line in deed.lines)


def _is_meant(line: Line, said: Definition) -> bool:
    return line.article_no in said.products or line.category in said.categories


def _extra(deed: Deed, said: Definition, base: Decimal) -> int:
    """What a rule adds to what the deed earns without it."""
    if said.points is not None:
        return said.points
    if deed.on is not Trigger.PURCHASE:
        return int(base * ((said.times or 1) - 1))
    rate = said.per_yuan if said.per_yuan is not None else base * (said.times or 1)
    return int(_meant_fen(deed, said) * (rate - base) // _FEN_A_YUAN)


def _meant_fen(deed: Deed, said: Definition) -> int:
    """What was paid for the goods that the rule means: their share of the whole."""
    if not (said.products or said.categories):
        return deed.total_fen
    whole = sum(line.amount_fen for line in deed.lines)
    meant = sum(line.amount_fen for line in deed.lines if _is_meant(line, said))
    return deed.total_fen * meant // whole if whole else 0
