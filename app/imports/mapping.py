"""How a source names its columns: a file per source, kept under version in the database.

source: 收银A
kind: order
columns:
  order_no: receipt_id                     # a column of theirs
  card_no: {column: user_id, prefix: HH}
  paid_at: {column: sold_at, timezone: UTC}
  store: {column: shop, values: {"309": S309}}
  earns: {value: 否}                        # the same in every row
skip:
  - {column: quantity, values: ["0"]}       # rows that are none
"""

from collections.abc import Iterable
from datetime import datetime
from functools import cached_property
from typing import Annotated
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from app.imports.cells import BadCell
from app.imports.kind import Kind
from crm_core.settings import settings

_Word = Annotated[str, Field(min_length=1, max_length=32)]


class From(BaseModel):
    """Where the cells of one of our columns come from."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    column: str | None = None
    value: str = ""  # where there is no column, or its cell is empty
    values: dict[str, str] = {}  # theirs: ours; others stay as they are
    prefix: str = ""
    timezone: str | None = None  # of moments; none: the shop's

    @field_validator("timezone")
    @classmethod
    def _exists(cls, name: str | None) -> str | None:
        if name is not None:
            ZoneInfo(name)
        return name

    def cell(self, theirs: dict[str, str]) -> str:
        said = theirs.get(self.column, "") if self.column else ""
        said = self.values.get(said, said) or self.value
        if self.timezone and said:
            said = _at_the_shop(said, ZoneInfo(self.timezone))
        return f"{self.prefix}{said}" if said else ""


class Skip(BaseModel):
    """Rows that are left out without an error."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    column: str
    values: frozenset[str]


class Mapping(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    source: _Word = "import"
    kind: _Word = ""
    columns: dict[str, From] = {}
    skip: tuple[Skip, ...] = ()

    @field_validator("columns", mode="before")
    @classmethod
    def _short(cls, said: object) -> object:
        """A bare name is a column."""
        if not isinstance(said, dict):
            return said
        return {k: {"column": v} if isinstance(v, str) else v for k, v in said.items()}

    def translated(self, theirs: dict[str, str]) -> dict[str, str]:
        """A row's cells under our names."""
        if not self.columns:
            return theirs
        return {name: source.cell(theirs) for name, source in self.columns.items()}

    def skips(self, theirs: dict[str, str]) -> bool:
        return any(theirs.get(each.column, "") in each.values for each in self.skip)

    def understood(self, kind: Kind, header: Iterable[str]) -> list[str]:
        """The header in our names; what is not mapped stays as it is called.

        Raises:
            BadCell: the mapping names a column that the file, or the kind, does not have.
        """
        if not self.columns:
            return list(header)
        theirs, ours = set(header), {column.name for column in kind.columns}
        named = {source.column for source in self.columns.values() if source.column}
        if missing := sorted(named - theirs):
            raise BadCell(f"「{self.source}」的映射要用这些列，文件里没有：{'、'.join(missing)}")
        if unknown := sorted(set(self.columns) - ours):
            raise BadCell(f"{kind.title}没有这些列：{'、'.join(unknown)}")
        return [*self.columns, *sorted(theirs - named - self._skipping)]

    @cached_property
    def _skipping(self) -> frozenset[str]:
        return frozenset(each.column for each in self.skip)


PLAIN = Mapping()


def read(written: object) -> Mapping:
    """A mapping as a file says it.

    Raises:
        BadCell: it makes no sense.
    """
    try:
        return Mapping.model_validate(written)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise BadCell(f"映射的「{where}」写得不对：{first['msg']}") from None
    except (KeyError, OSError):  # of ZoneInfo
        raise BadCell("映射里的时区不存在") from None


def _at_the_shop(said: str, zone: ZoneInfo) -> str:
    """A moment of another time zone as the shop's clock showed it."""
    try:
        moment = datetime.fromisoformat(said)
    except ValueError:
        return said  # whoever reads the cell says what is wrong with it
    moment = moment if moment.tzinfo else moment.replace(tzinfo=zone)
    return f"{moment.astimezone(settings().zone):%Y-%m-%d %H:%M:%S}"
