"""Importing orders by the file: read in chunks, staged, checked, added by statements on sets."""

import csv
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from itertools import islice
from pathlib import Path

from app.imports import run as rowwise
from app.imports.kinds.sales import ORDER
from app.imports.lines import Reader
from app.imports.mapping import PLAIN, Mapping
from app.imports.opening import Open, content, plainly, table
from app.imports.reading import BadFile, Row
from crm_core import retrying
from crm_core.authz import Actor
from crm_core.db import reading, unit_of_work
from crm_core.imports import orders, service, settling, staging
from crm_core.imports.models import ImportRun, Outcome, RunState
from crm_core.imports.service import File

_LINES = 5_000  # staged in one transaction
_ORDERS = 5_000  # added in one

Shown = Callable[[str, int, int], None]  # what is being done, how much of it, of how much


def _unseen(_what: str, _done: int, _of: int) -> None:
    """Nobody watches."""


@dataclass(frozen=True)
class Task:
    """Which file, and how it is to be understood."""

    path: Path
    errors: Path
    mapping: Mapping = PLAIN
    mapping_id: int | None = None
    dry_run: bool = False
    opened: Open = plainly
    shown: Shown = _unseen


def run(actor: Actor, task: Task) -> ImportRun:
    """Import a file of orders; lines that fail are written to `errors` with the reason.

    Its rows may stand in any order. A repeated import adds nothing; a dry run only counts.

    Raises:
        BadFile: the file cannot be read, or lacks a column that is needed.
        Forbidden: the actor may not set up the shop.
    """
    if task.path.resolve() == task.errors.resolve():
        raise BadFile("失败的行不能写回同一个文件")
    file = File(
        ORDER.name, task.mapping.source, task.path.name, content(task.path), task.mapping_id
    )
    with unit_of_work() as session:
        begun = service.start(session, actor, file, dry_run=task.dry_run)
    try:
        _stage(begun, task)
        _check(begun)
        if not task.dry_run:
            _apply(actor, begun, task.shown)
            _settle(actor, begun, task.shown)
    except BaseException:
        with unit_of_work() as session:
            service.fail(session, session.merge(begun))
        raise
    with unit_of_work() as session:
        begun = session.merge(begun)
        service.finish(session, actor, begun)
    if begun.failed:
        _write_errors(begun, task)
    return begun


def _stage(begun: ImportRun, task: Task) -> None:
    reader = Reader(task.mapping)
    with table(task.path, task.opened) as rows:
        rowwise.check_header(ORDER, task.mapping.understood(ORDER, next(rows).cells))
        while chunk := list(islice(rows, _LINES)):
            with reading() as session:
                lines, problems = reader.read(session, chunk)
            with unit_of_work() as session:
                staging.add(session, begun.id, lines)
                service.add_problems(session, begun.id, problems)
                begun.lines += len(chunk)
                session.merge(begun)


def _check(begun: ImportRun) -> None:
    with unit_of_work() as session:
        orders.group(session, begun.id)
        orders.compare(session, begun.id)
        orders.refuse(session, begun)
        found = orders.counts(session, begun.id)
        begun.records = sum(found.values())
        begun.added, begun.same = found.get(Outcome.NEW, 0), found.get(Outcome.SAME, 0)
        begun.failed = service.count_failed(session, begun.id)
        begun.state = RunState.APPLYING
        session.merge(begun)


def _apply(actor: Actor, begun: ImportRun, shown: Shown) -> None:
    with reading() as session:
        first, last = orders.span(session, begun.id)
    begun.added = 0
    for begin in range(first, last + 1, _ORDERS):
        end = min(begin + _ORDERS - 1, last)
        begun.added += retrying.do(
            partial(orders.apply, actor=actor, run=begun, first_id=begin, last_id=end)
        )
        begun.done = end - first + 1
        _keep(begun)
        shown("保存", begun.done, last - first + 1)


def _settle(actor: Actor, begun: ImportRun, shown: Shown) -> None:
    begun.state = RunState.SETTLING
    _keep(begun)
    settling.settle(actor, begun.id, lambda done, of: shown("积分、等级和画像", done, of))


def _keep(begun: ImportRun) -> None:
    with unit_of_work() as session:
        session.merge(begun)


def _write_errors(begun: ImportRun, task: Task) -> None:
    """The lines that were left out, read once more from the file, which is never in memory."""
    problems = service.problems(begun.id)
    with (
        table(task.path, plainly) as rows,
        task.errors.open("w", encoding="utf-8-sig", newline="") as out,
    ):
        header = [
            name for name in next(rows).cells if name not in {"", rowwise.LINE, rowwise.REASON}
        ]
        writer = csv.writer(out)
        writer.writerow([rowwise.LINE, rowwise.REASON, *header])
        for row, reason in _failed(rows, problems):
            said = [row.cells.get(name, "") for name in header]
            writer.writerow([row.line, reason, *said, *row.beyond])


def _failed(rows: Iterator[Row], problems: Iterator[tuple[int, str]]) -> Iterator[tuple[Row, str]]:
    wanted = next(problems, None)
    for row in rows:
        while wanted and wanted[0] < row.line:
            wanted = next(problems, None)
        if wanted is None:
            return
        if wanted[0] == row.line:
            yield row, wanted[1]
