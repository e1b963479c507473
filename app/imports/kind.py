"""What can be imported, added, edited and listed: its columns, and how a row of it is saved."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlmodel import Session

from app.imports.cells import BadCell, Parse
from crm_core.authz import Actor
from crm_core.saving import Change

Values = dict[str, Any]
Save = Callable[[Session, Actor, Sequence[Values]], Change]
SaveMany = Callable[[Session, Actor, Sequence[Values]], Mapping[Change, int]]


@dataclass(frozen=True)
class Column:
    """A cell's name in files and options, its heading, and how it is read."""

    name: str
    title: str
    parse: Parse
    needed: bool = False
    empty: Any = None  # what an empty cell means

    def cell(self, cells: Mapping[str, str]) -> str:
        """What a row says of it, under its name or its heading."""
        return cells.get(self.name) or cells.get(self.title) or ""

    def read(self, cell: str) -> Any:
        """The value of a cell.

        Raises:
            BadCell: it is needed and empty, or cannot be read.
        """
        if not cell:
            if self.needed:
                raise BadCell(f"「{self.title}」不能为空")
            return self.empty
        try:
            return self.parse(cell)
        except BadCell as error:
            raise BadCell(f"「{self.title}」{error}") from None


@dataclass(frozen=True)
class Kind:
    name: str  # "product"
    title: str  # "商品"
    columns: tuple[Column, ...]
    key: tuple[str, ...]  # the columns a row is known by, the first one is always given
    save: Save  # all rows of one record together: the lines of an order
    listed: Callable[[Session], Iterable[Mapping[str, str]]] | None = None  # cells, and more
    several_rows: bool = False  # consecutive rows with one key are one record
    save_many: SaveMany | None = None  # many records at once, where that is much quicker

    def read(self, cells: Mapping[str, str]) -> Values:
        """The values of a row whose cells stand under names or headings.

        Raises:
            BadCell: a cell is missing or cannot be read.
        """
        return {column.name: column.read(column.cell(cells)) for column in self.columns}

    def of_key(self, cells: Mapping[str, str]) -> tuple[str, ...]:
        """What the row is known by, as written."""
        keys = [column for column in self.columns if column.name in self.key]
        return tuple(column.cell(cells) for column in keys)

    def column_named(self, header: str) -> Column | None:
        """The column that a heading means."""
        return next((c for c in self.columns if header in {c.name, c.title}), None)
