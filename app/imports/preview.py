"""How a file would be understood: which column is which, and its first rows."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from app.imports.cells import BadCell
from app.imports.kind import Kind
from app.imports.mapping import Mapping
from app.imports.opening import plainly, table
from app.imports.run import check_header

_ROWS = 3


@dataclass(frozen=True)
class Preview:
    lines: Sequence[int]
    columns: Sequence[tuple[str, str, Sequence[str]]]  # ours, theirs, the first cells
    unknown: Sequence[str]
    problems: Sequence[str]


def of(kind: Kind, path: Path, mapping: Mapping) -> Preview:
    """The first rows of a file under our columns; nothing is kept.

    Raises:
        BadFile: it cannot be read, or lacks a column that is needed.
        BadCell: the mapping does not fit it.
    """
    with table(path, plainly) as rows:
        header = next(rows).cells
        unknown = check_header(kind, mapping.understood(kind, header))
        first = [row for row in islice(rows, _ROWS * 10) if not mapping.skips(row.cells)][:_ROWS]
    cells = [mapping.translated(row.cells) for row in first]
    problems = []
    for row, said in zip(first, cells, strict=True):
        try:
            kind.read(said)
        except BadCell as error:
            problems.append(f"第 {row.line} 行：{error}")
    columns = [
        (
            column.title,
            _origin(column.name, column.title, header, mapping),
            [column.cell(x) for x in cells],
        )
        for column in kind.columns
    ]
    return Preview([row.line for row in first], columns, unknown, problems)


def _origin(name: str, title: str, header: dict[str, str], mapping: Mapping) -> str:
    if not mapping.columns:
        return next((each for each in (name, title) if each in header), "")
    source = mapping.columns.get(name)
    return (source.column or f"「{source.value}」") if source else ""
