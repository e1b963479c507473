"""Importing a file row by row: nothing half saved, everything that failed in a file of its own."""

import csv
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import groupby, islice
from pathlib import Path
from typing import Self, TextIO

from sqlmodel import Session

from app.imports.cells import BadCell
from app.imports.kind import Kind, Values
from app.imports.mapping import PLAIN, Mapping
from app.imports.opening import Open, table
from app.imports.reading import BadFile, Row
from app.imports.wording import explain
from crm_core.authz import Actor
from crm_core.db import unit_of_work
from crm_core.errors import CrmError
from crm_core.saving import Change

_AT_ONCE = 100  # records a transaction: quick, and other writers wait for less than a second
_MANY = 2_000  # where a statement saves them together
LINE, REASON = "行号", "原因"


@dataclass
class Report:
    """How an import went."""

    counts: Counter[Change] = field(default_factory=Counter)
    failed: int = 0  # records
    first_errors: list[str] = field(default_factory=list)
    errors: Path | None = None  # the failed rows, to be corrected and imported again
    unknown: list[str] = field(default_factory=list)  # columns nobody asked for


_MOST_SHOWN = 5


def run(
    kind: Kind,
    path: Path,
    actor: Actor,
    *,
    dry_run: bool,
    errors: Path,
    opened: Open,
    mapping: Mapping = PLAIN,
) -> Report:
    """Import a file; records that fail are left out and written to `errors` with the reason.

    A repeated import changes nothing; a dry run never does.

    Raises:
        BadFile: the file cannot be read, or lacks a column that is needed.
    """
    if path.resolve() == errors.resolve():
        raise BadFile("失败的行不能写回同一个文件")
    report = Report()
    with table(path, opened) as records:
        header = next(records).cells
        report.unknown = check_header(kind, mapping.understood(kind, header))
        with Failures(errors, list(header), report) as failures:
            groups = _grouped(kind, mapping, records)
            while batch := list(islice(groups, _MANY if kind.save_many else _AT_ONCE)):
                _save(kind, actor, mapping, batch, report.counts, failures, dry_run=dry_run)
    return report


class Failures:
    """The file of what failed, made with the first failure."""

    def __init__(self, path: Path, header: list[str], report: Report) -> None:
        self._path, self._report = path, report
        self._header = [LINE, REASON, *(h for h in header if h and h not in {LINE, REASON})]
        self._file: TextIO | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._file:
            self._file.close()

    def add(self, record: Iterable[Row], reason: str) -> None:
        if self._file is None:
            # The mark lets spreadsheets see that it is UTF-8.
            self._file = self._path.open("w", encoding="utf-8-sig", newline="")
            csv.writer(self._file).writerow(self._header)
            self._report.errors = self._path
        self._report.failed += 1
        for row in record:
            cells = row.cells | {LINE: str(row.line), REASON: reason}
            known = [cells.get(name, "") for name in self._header]
            csv.writer(self._file).writerow([*known, *row.beyond])
            if len(self._report.first_errors) < _MOST_SHOWN:
                self._report.first_errors.append(f"第 {row.line} 行：{reason}")


def check_header(kind: Kind, header: Iterable[str]) -> list[str]:
    """The headings that mean nothing.

    Raises:
        BadFile: a needed column is missing.
    """
    named = {name: kind.column_named(name) for name in header if name not in {"", LINE, REASON}}
    missing = [c.title for c in kind.columns if c.needed and c not in named.values()]
    if missing:
        columns = "、".join(column.title for column in kind.columns)
        raise BadFile(f"缺少列：{'、'.join(missing)}。{kind.title}的列有：{columns}")
    return [name for name, column in named.items() if column is None]


def _grouped(kind: Kind, mapping: Mapping, records: Iterator[Row]) -> Iterator[list[Row]]:
    wanted = (row for row in records if not mapping.skips(row.cells))
    if not kind.several_rows:
        return ([row] for row in wanted)

    def key(row: Row) -> tuple[str, ...]:
        return kind.of_key(mapping.translated(row.cells))

    return (list(group) for _, group in groupby(wanted, key))


def _save(
    kind: Kind,
    actor: Actor,
    mapping: Mapping,
    batch: list[list[Row]],
    counts: Counter[Change],
    failures: Failures,
    *,
    dry_run: bool,
) -> None:
    """One transaction; each record in it is saved whole or not at all."""
    with unit_of_work() as session:
        if kind.save_many:
            read = list(_readable(kind, mapping, batch, failures))
            counts.update(kind.save_many(session, actor, read))
            batch = []
        for record in batch:
            try:
                with session.begin_nested():
                    counts[_save_one(session, kind, actor, mapping, record)] += 1
            except BadCell as error:
                failures.add(record, str(error))
            except CrmError as error:
                failures.add(record, explain(error))
        if dry_run:
            session.rollback()


def _readable(
    kind: Kind, mapping: Mapping, batch: list[list[Row]], failures: Failures
) -> Iterator[Values]:
    for record in batch:
        try:
            refuse_beyond(record[0])
            yield kind.read(mapping.translated(record[0].cells))
        except BadCell as error:
            failures.add(record, str(error))


def _save_one(
    session: Session, kind: Kind, actor: Actor, mapping: Mapping, record: list[Row]
) -> Change:
    for row in record:
        refuse_beyond(row)
    read = [kind.read(mapping.translated(row.cells)) for row in record]
    return kind.save(session, actor, read)


def refuse_beyond(row: Row) -> None:
    """Refuse a row with cells beyond the header.

    Raises:
        BadCell: it has some.
    """
    if row.beyond:
        raise BadCell(f"比表头多出 {len(row.beyond)} 格：内容里的逗号要放在引号中")
