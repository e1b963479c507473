"""The table of rules that decides what makes two records one, and says why."""

from dataclasses import dataclass
from enum import StrEnum, auto
from functools import cache
from pathlib import Path

import yaml

from crm_core.customers.models import IdentityKind

NEVER_JOINS = frozenset({"name", "birthday", "name_birthday"})


class Does(StrEnum):
    JOIN = auto()
    FIND = auto()
    SUGGEST = auto()


@dataclass(frozen=True)
class Row:
    rule: str
    kind: str  # of an identity, or name_birthday
    does: Does
    why: str
    verified: bool | None = None  # None: it makes no difference

    def __post_init__(self) -> None:
        if self.kind not in NEVER_JOINS:
            IdentityKind(self.kind)
        elif self.does is Does.JOIN:
            raise ValueError(f"{self.kind} can never join records")


def decide(kind: IdentityKind, *, verified: bool) -> Row:
    """What a shared identity means; `verified` where both records have it checked."""
    fits = (row for row in table() if row.kind == kind and row.verified in {None, verified})
    return next(fits)


@cache
def table() -> tuple[Row, ...]:
    """All rows, in their order."""
    text = (Path(__file__).parent / "joins.yml").read_text(encoding="utf-8")
    return read(yaml.safe_load(text))


def read(rows: list[dict[str, object]]) -> tuple[Row, ...]:
    """The rows of the table.

    Raises:
        ValueError: a row would let name or birthday join, or names what there is not.
    """
    return tuple(
        Row(
            rule=str(row["rule"]),
            kind=str(row["kind"]),
            does=Does(str(row["does"])),
            why=str(row["why"]),
            verified=None if "verified" not in row else bool(row["verified"]),
        )
        for row in rows
    )
