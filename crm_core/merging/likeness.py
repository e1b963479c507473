"""How likely two records are one person's, by the table in likeness.yml."""

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from crm_core.merging.signs import Sign, Signs

_FIELDS = ("phone", "name", "birthday", "address")
_WORDS = {
    "phone": ("手机号", "手机号相差一处"),
    "name": ("姓名", "姓名只差一个字"),
    "birthday": ("生日", "生日只差一位"),
    "address": ("地址", "地址相近"),
}


@dataclass(frozen=True)
class Table:
    listed_from: int
    against: dict[str, int]
    rows: tuple[tuple[dict[str, frozenset[Sign]], int], ...]


def score(signs: Signs) -> int | None:
    """1 to 100; None where the pair is not worth somebody's time."""
    table = _table()
    fits = (number for row, number in table.rows if _fits(row, signs))
    base = next(fits, None)
    if base is None:
        return None
    against = sum(table.against[name] for name in _FIELDS if getattr(signs, name) is Sign.OTHER)
    left = base - against
    return left if left >= table.listed_from else None


def said(code: str) -> str:
    """A sign in words: 姓名相同, 手机号相差一处, 地址不同."""
    field, sign = code.rsplit("_", 1)
    name, alike = _WORDS[field]
    match Sign(sign):
        case Sign.SAME:
            return f"{name}相同"
        case Sign.MIXED:
            return f"{name}只是顺序不同"
        case Sign.ALIKE:
            return alike
        case _:
            return f"{name}不同"


def _fits(row: dict[str, frozenset[Sign]], signs: Signs) -> bool:
    return all(getattr(signs, name) in wanted for name, wanted in row.items())


@cache
def _table() -> Table:
    loaded: dict[str, Any] = yaml.safe_load(
        (Path(__file__).parent / "likeness.yml").read_text(encoding="utf-8")
    )
    rows = tuple(
        ({name: frozenset(map(Sign, row[name])) for name in _FIELDS if name in row}, row["score"])
        for row in loaded["rows"]
    )
    return Table(loaded["listed_from"], loaded["against"], rows)
