"""Which of the sizes in a sentence is meant, and of what: 「是M不是L」, 「上衣M，牛仔裤29」."""

import re
from dataclasses import dataclass, field

from actions.turn import Mention, Turn

_CLAUSE_END = re.compile(r"[，。；！？,;!?\s]")
# Before a size: what is not, what was.
_NOT = re.compile(
    r"((?<!是)不是|不要|不再|不穿|别[再给給记記按推穿用写寫填]|并非|不应该?)[^，。；,;]{0,8}$"
)
_ONCE = re.compile(
    r"((以|之|从|從)前|原[来來先本]|本[来來]|过去|過去|曾经|曾經|早先|当初|上次|[从從由])[^，。；,;]{0,10}$"
)
# After a size: it does not fit.
_MISFIT = re.compile(
    r"[扣穿塞套挤]不[上下进進了]|太[小大松紧緊鬆宽寬窄肥瘦短长長]|[小大松紧緊鬆宽寬窄肥]了|"
    r"偏[小大松紧緊鬆]|不合[适適身]|(?<!行)不行|不[对對准]|不要了|[撑撐勒绷]"
)
_BESIDE = re.compile(r"[码碼号號]?(和|跟|或者?|还是|還是|、|/|与|與)\s*")
_INSTEAD = re.compile(r"[换換改到成变變才→]|应该|應該|不是")
_SPOKEN_OF = {  # words for a group of garments that are no category of the catalogue
    "上装": ("上衣", "上装", "上身", "上半身"),
    "裤装": ("裤子", "裤码", "下装", "下身", "下半身", "腰围"),
    "裙装": ("裙子",),
    "鞋": ("鞋子", "鞋码"),
}
_IN_GENERAL = re.compile(r"[，。；！,;!].*(尺[码碼]|[码碼][数數]|平时|平時|平常|一般)")
_SPEAKS = re.compile(r"^[说說觉覺讲講让讓叫陪]")  # 「女儿说」: of whom the talk is not


@dataclass
class SizesSaid:
    """The sizes by garment ("" for all; relative ones as said), and where several are left."""

    meant: dict[str, str] = field(default_factory=dict)
    torn: dict[str, list[str]] = field(default_factory=dict)  # to be asked which


@dataclass(frozen=True)
class _Size:
    garment: str
    value: str
    is_not: bool
    was: bool
    beside_last: bool  # 「M或者L」


def sizes_said(turn: Turn) -> SizesSaid:
    """What sizes a message gives, once what it denies or has outgrown is left out."""
    said = SizesSaid()
    sizes = _sizes(turn)
    for garment in dict.fromkeys(size.garment for size in sizes):
        _choose(said, garment, [size for size in sizes if size.garment == garment])
    return said


def _choose(said: SizesSaid, garment: str, sizes: list[_Size]) -> None:
    """Of several the last one is meant: people say what was before what shall be."""
    left = [size for size in sizes if not size.is_not]
    left = [size for size in left if not size.was] or left
    if not left:
        return
    values = list(dict.fromkeys(size.value for size in left))
    if left[-1].beside_last and len(values) > 1:
        said.torn[garment] = values
    else:
        said.meant[garment] = _from(sizes, left[-1].value)


def _from(sizes: list[_Size], value: str) -> str:
    """「M扣不上，换大一号」 starts from M, not from what is recorded."""
    absolute = [size.value for size in sizes if not _is_relative(size.value)]
    return f"{absolute[-1]}{value}" if _is_relative(value) and absolute else value


def _is_relative(value: str) -> bool:
    return value.startswith(("+", "-"))


def _sizes(turn: Turn) -> list[_Size]:
    text, found = turn.text, turn.mentions("size")
    labels = _labels(turn)
    sizes: list[_Size] = []
    for number, mention in enumerate(found):
        since = found[number - 1].end if number else 0
        until = found[number + 1].start if number + 1 < len(found) else None
        before = text[since : mention.start]
        after = text[mention.end : until] if until else _own_clause(text[mention.end :])
        garment = _garment(mention, labels, since, text)
        if garment is None:
            goes_on = bool(sizes) and (sizes[-1].is_not or bool(_INSTEAD.search(before)))
            garment = sizes[-1].garment if goes_on else ""
        is_not = bool(_NOT.search(before) or _MISFIT.search(after))
        beside = bool(sizes) and bool(_BESIDE.fullmatch(before))
        sizes.append(_Size(garment, mention.value, is_not, bool(_ONCE.search(before)), beside))
    return sizes


def _garment(size: Mention, labels: list[Mention], since: int, text: str) -> str | None:
    """What is named right behind the size (「M码的连衣裙」), or before it."""
    for label in labels:
        if label.start >= size.end and text[size.end : label.start].strip("码碼号號") == "的":
            return label.value
    before = [label for label in labels if since <= label.start < size.start]
    if not before or _IN_GENERAL.search(text[before[-1].end : size.start]):
        return None
    member = [label.value for label in before if label.entity == "family_member"]
    garment = [label.value for label in before if label.entity != "family_member"]
    return "".join(member[-1:] + garment[-1:])


def _labels(turn: Turn) -> list[Mention]:
    named = [
        label
        for label in turn.mentions("category", "family_member")
        if label.entity == "category" or not _SPEAKS.match(turn.text[label.end :])
    ]
    for group, words in _SPOKEN_OF.items():
        for word in words:
            named += [
                Mention("category", group, *match.span()) for match in re.finditer(word, turn.text)
            ]
    return sorted(named, key=lambda label: label.start)


def _own_clause(text: str) -> str:
    return _CLAUSE_END.split(text.strip(), maxsplit=1)[0]
