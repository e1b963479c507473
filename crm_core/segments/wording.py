"""A rule in plain Chinese. `reading` understands every sentence that is made here."""

from collections.abc import Iterable
from decimal import Decimal

from crm_core.segments.catalogue import ATTRIBUTES, EVENTS, FIGURES, FLAGS, GOODS, YUAN, Measure
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

COMPARED = {
    Comparison.FROM: "不少于",
    Comparison.UP_TO: "不超过",
    Comparison.ABOVE: "超过",
    Comparison.BELOW: "少于",
    Comparison.IS: "等于",
}
_FEN_A_YUAN = 100


def render(rule: Rule) -> str:
    """The rule as a sentence: 「最近一次购买距今超过 30 天，且有标签「职场女性」」."""
    match rule:
        case All(parts):
            return "，且".join(_within(part) for part in parts)
        case Any_(parts):
            return "，或".join(_within(part) for part in parts)
        case Not(Tagged(tags)):
            return f"没有标签{_quoted(tags)}"
        case Not(InSegment(name)):
            return f"不属于分群「{name}」"
        case Not(part):
            return f"不满足（{render(part)}）"
        case _:
            return _leaf(rule)


def measure(number: Number) -> Measure:
    """What a number is called, and its unit."""
    match number.source:
        case Source.FIGURE:
            return FIGURES[number.name]
        case Source.EVENT:
            return Measure(EVENTS[number.name], "次")
        case Source.BOUGHT:
            return Measure(f"购买{_goods(number)}", "件")
        case Source.FIELD:
            return Measure(f"「{number.name}」", "")
        case Source.UNTIL:
            return Measure(f"距离「{number.name}」", "天")


def _within(part: Rule) -> str:
    """A part of all or any of several; one that is made of several stands in brackets."""
    return f"（{render(part)}）" if isinstance(part, All | Any_) else render(part)


def _leaf(rule: Rule) -> str:
    match rule:
        case Number():
            return _number(rule)
        case Among(name, values):
            return f"{ATTRIBUTES[name]}是{_quoted(values)}"
        case Field(title, values):
            return f"「{title}」是{_quoted(values)}"
        case _:
            return _belonging(rule)


def _belonging(rule: Rule) -> str:
    match rule:
        case Tagged(tags):
            return f"有标签{_quoted(tags)}"
        case InSegment(name):
            return f"属于分群「{name}」"
        case Flag(name):
            return FLAGS[name]
        case Falling(months):
            return f"连续 {months} 个月消费下降"
        case _:
            raise TypeError(rule)


def _number(number: Number) -> str:
    of = measure(number)
    amounts = [_amount(bound, of.unit) for bound in number.bounds]
    if number.comparison is Comparison.BETWEEN:
        compared = f"在 {amounts[0]}到 {amounts[1]}之间"
    else:
        compared = f"{COMPARED[number.comparison]} {amounts[0]}"
    return f"{_since(number)}{of.label}{compared}".rstrip()


def _since(number: Number) -> str:
    if number.since_last_order:
        return "上次购买后"
    return f"近 {number.within_days} 天" if number.within_days else ""


def _amount(bound: int, unit: str) -> str:
    shown = f"{Decimal(bound) / _FEN_A_YUAN:f}" if unit == YUAN else str(bound)
    return f"{shown} {unit}" if unit else f"{shown} "


def _goods(number: Number) -> str:
    """「品类为「连衣裙」或「风衣」、风格为「通勤」的商品」."""
    parts = "、".join(f"{GOODS[kind]}为{_quoted(values)}" for kind, values in number.goods)
    return f"{parts}的商品" if parts else "商品"


def _quoted(values: Iterable[str]) -> str:
    return "或".join(f"「{value}」" for value in values)
