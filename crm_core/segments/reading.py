"""Reading a rule from plain Chinese: what `wording` writes, and what people write alike.

rule      = conditions joined by 且, or by 或; brackets where both are used
condition = （rule） | 不满足（rule） | a sentence of the catalogue
"""

from collections.abc import Callable
from decimal import Decimal

from crm_core.segments.catalogue import ATTRIBUTES, EVENTS, FIGURES, FLAGS, GOODS, YUAN
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
    to_json,
)
from crm_core.segments.scanner import Scanner
from crm_core.segments.schema import checked
from crm_core.segments.wording import COMPARED

_AND, _OR = ("而且", "并且", "且"), ("或者", "或")
_FEN_A_YUAN = 100
_BY_PHRASE = {phrase: comparison for comparison, phrase in COMPARED.items()}


def parse(text: str) -> Rule:
    """The rule that a sentence states.

    Raises:
        BadSegmentRule: something in it is not understood; `why` says from where on.
    """
    scanner = Scanner(text)
    rule = _joined(scanner)
    scanner.take("。")
    if not scanner.at_end:
        raise scanner.puzzled()
    return checked(to_json(rule))


def _joined(scanner: Scanner) -> Rule:
    """Conditions up to a bracket that closes, or the end."""
    parts, joined_by = [_condition(scanner)], None
    while not (scanner.at_end or scanner.sees("）") or scanner.sees("。")):
        comma = scanner.take("，")
        word = scanner.take(*_AND, *_OR)
        if word is None and not comma:
            raise scanner.puzzled()
        kind = Any_ if word in _OR else All  # a bare comma means 且
        if joined_by not in {None, kind}:
            raise scanner.puzzled("「且」和「或」混在一起了，请加括号")
        joined_by = kind
        parts.append(_condition(scanner))
    return joined_by(tuple(parts)) if joined_by else parts[0]


def _condition(scanner: Scanner) -> Rule:
    if scanner.take("（"):
        return _closed(scanner)
    if scanner.take("不满足"):
        scanner.need("（")
        return Not(_closed(scanner))
    for phrase, read in _PHRASES:
        if scanner.take(phrase):
            return read(scanner)
    if scanner.sees("「"):
        return _field(scanner)
    return _counted(scanner)


def _closed(scanner: Scanner) -> Rule:
    inside = _joined(scanner)
    scanner.need("）")
    return inside


def _field(scanner: Scanner) -> Rule:
    title = scanner.quoted()
    if scanner.take("是"):
        return Field(title, _quoted(scanner))
    return Number(Source.FIELD, title, *_compared(scanner, ""))


def _until(scanner: Scanner) -> Rule:
    return Number(Source.UNTIL, scanner.quoted(), *_compared(scanner, "天"))


def _falling(scanner: Scanner) -> Rule:
    months = int(scanner.number())
    scanner.take("个")
    scanner.need("月消费下降")
    return Falling(months)


def _among(name: str) -> Callable[[Scanner], Rule]:
    def read(scanner: Scanner) -> Rule:
        scanner.need("是")
        return Among(name, _quoted(scanner))

    return read


def _counted(scanner: Scanner) -> Rule:
    """A number, perhaps over some days."""
    within_days, since_last_order = None, False
    if scanner.take("近"):
        within_days = _whole(scanner)
        scanner.need("天")
    elif scanner.take("上次购买后"):
        since_last_order = True
    for label, source, name, unit in _MEASURES:
        if scanner.take(label):
            compared = _compared(scanner, unit)
            return Number(source, name, *compared, within_days, since_last_order)
    scanner.need("购买")
    goods = _goods(scanner)
    compared = _compared(scanner, "件")
    return Number(Source.BOUGHT, "", *compared, within_days, since_last_order, goods)


def _goods(scanner: Scanner) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """「品类为「连衣裙」、风格为「通勤」的商品」."""
    found: dict[str, tuple[str, ...]] = {}
    while not scanner.take("的商品" if found else "商品"):
        scanner.take("、")
        label = scanner.need(*GOODS.values())
        scanner.need("为")
        kind = next(kind for kind, named in GOODS.items() if named == label)
        if kind in found:
            raise scanner.puzzled(f"「{label}」说了两次")
        found[kind] = _quoted(scanner)
    return tuple(sorted(found.items()))


def _quoted(scanner: Scanner) -> tuple[str, ...]:
    values = [scanner.quoted()]
    while scanner.sees("或「"):
        scanner.take("或")
        values.append(scanner.quoted())
    return tuple(values)


def _compared(scanner: Scanner, unit: str) -> tuple[Comparison, tuple[int, ...]]:
    if scanner.take("在"):
        low = _amount(scanner, unit)
        scanner.need("到")
        high = _amount(scanner, unit)
        scanner.need("之间")
        return Comparison.BETWEEN, (low, high)
    comparison = _BY_PHRASE[scanner.need(*_BY_PHRASE)]
    return comparison, (_amount(scanner, unit),)


def _amount(scanner: Scanner, unit: str) -> int:
    bound = _whole(scanner, _FEN_A_YUAN if unit == YUAN else 1)
    if unit:
        scanner.take(unit)
    return bound


def _whole(scanner: Scanner, times: int = 1) -> int:
    number = Decimal(scanner.number()) * times
    if number != int(number):
        raise scanner.puzzled("之前的数要是整数")
    return int(number)


def _longest_first(
    labels: list[tuple[str, Callable[[Scanner], Rule]]],
) -> list[tuple[str, Callable[[Scanner], Rule]]]:
    return sorted(labels, key=lambda pair: len(pair[0]), reverse=True)


_PHRASES = _longest_first([
    ("没有标签", lambda scanner: Not(Tagged(_quoted(scanner)))),
    ("有标签", lambda scanner: Tagged(_quoted(scanner))),
    ("不属于分群", lambda scanner: Not(InSegment(scanner.quoted()))),
    ("属于分群", lambda scanner: InSegment(scanner.quoted())),
    ("距离", _until),
    ("连续", _falling),
    *((label, _among(name)) for name, label in ATTRIBUTES.items()),
    *((label, lambda _, name=name: Flag(name)) for name, label in FLAGS.items()),
])  # fmt: skip
_MEASURES = sorted(
    [
        *((of.label, Source.FIGURE, name, of.unit) for name, of in FIGURES.items()),
        *((label, Source.EVENT, name, "次") for name, label in EVENTS.items()),
    ],
    key=lambda named: len(named[0]),
    reverse=True,
)
