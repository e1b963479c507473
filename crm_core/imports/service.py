"""Runs of imports: begun, watched, ended. What a run does with its lines stands beside this."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from sqlmodel import Session, col, delete, func, select

from crm_core.audit import service as audit
from crm_core.authz import Actor, Permission
from crm_core.clock import now
from crm_core.db import reading
from crm_core.errors import CrmError, Kind
from crm_core.imports.models import ImportProblem, ImportRun, RunState, StagedLine

_AT_ONCE = 1000
_LONGEST_REASON = 255
_UNFINISHED = RunState.READING, RunState.APPLYING, RunState.SETTLING


class RunNotFound(CrmError):
    code = "import_not_found"
    kind = Kind.NOT_FOUND


@dataclass(frozen=True)
class File:
    """What is imported: a file of a source, and how that source's names are understood."""

    kind: str
    source: str
    name: str
    content: str  # SHA-256
    mapping_id: int | None = None


def start(session: Session, actor: Actor, file: File, *, dry_run: bool) -> ImportRun:
    """A new run. One of the same file that broke off is given up: what it added stands.

    Raises:
        Forbidden: the actor may not set up the shop.
    """
    actor.require(Permission.SETUP_WRITE)
    same = ImportRun.content == file.content, ImportRun.kind == file.kind
    unfinished = select(ImportRun).where(*same, col(ImportRun.state).in_(_UNFINISHED))
    for broken in session.exec(unfinished):
        fail(session, broken)
    run = ImportRun(
        kind=file.kind,
        source=file.source,
        mapping_id=file.mapping_id,
        file_name=file.name[-_LONGEST_REASON:],
        content=file.content,
        dry_run=dry_run,
        actor=actor.name,
    )
    session.add(run)
    session.flush()
    audit.record(session, actor, "import:start", _subject(run), source=file.source, kind=file.kind)
    return run


def fail(session: Session, run: ImportRun) -> None:
    """Give a run up; what waits in it is forgotten."""
    run.state, run.ended_at = RunState.FAILED, now()
    session.add(run)
    forget_lines(session, run.id)


def finish(session: Session, actor: Actor, run: ImportRun) -> None:
    """Everything of the run is done."""
    run.state, run.ended_at = RunState.DONE, now()
    session.add(run)
    forget_lines(session, run.id)
    counts = run.model_dump(include={"added", "changed", "same", "failed", "dry_run"})
    audit.record(session, actor, "import:finish", _subject(run), **counts)


def get(session: Session, actor: Actor, run_id: int, *, locked: bool = False) -> ImportRun:
    """One run.

    Raises:
        Forbidden: the actor may not set up the shop.
        RunNotFound: there is none.
    """
    actor.require(Permission.SETUP_WRITE)
    wanted = select(ImportRun).where(ImportRun.id == run_id)
    if locked:
        wanted = wanted.with_for_update()
    run = session.exec(wanted.execution_options(populate_existing=True)).one_or_none()
    if run is None:
        raise RunNotFound(run_id, number=run_id)
    return run


def latest(session: Session, actor: Actor, *, limit: int = 20) -> Sequence[ImportRun]:
    """The newest runs, newest first.

    Raises:
        Forbidden: the actor may not set up the shop.
    """
    actor.require(Permission.SETUP_WRITE)
    return session.exec(select(ImportRun).order_by(col(ImportRun.id).desc()).limit(limit)).all()


def add_problems(session: Session, run_id: int, problems: Sequence[tuple[int, str, str]]) -> None:
    """Keep which lines are left out: line, record, reason."""
    rows = [
        {"run_id": run_id, "line": line, "record": record, "reason": reason[:_LONGEST_REASON]}
        for line, record, reason in problems
    ]
    if rows:
        session.connection().execute(ImportProblem.__table__.insert(), rows)  # type: ignore[attr-defined]


def problems(run_id: int) -> Iterator[tuple[int, str]]:
    """Line and reason of what was left out, in the order of the file; never all in memory."""
    after = (0, 0)
    while True:
        with reading() as session:
            later = (col(ImportProblem.line) > after[0]) | (
                (col(ImportProblem.line) == after[0]) & (col(ImportProblem.id) > after[1])
            )
            wanted = select(ImportProblem).where(ImportProblem.run_id == run_id, later)
            in_order = wanted.order_by(col(ImportProblem.line), col(ImportProblem.id))
            found = session.exec(in_order.limit(_AT_ONCE)).all()
        yield from ((row.line, row.reason) for row in found)
        if len(found) < _AT_ONCE:
            return
        after = found[-1].line, found[-1].id


def count_failed(session: Session, run_id: int) -> int:
    """How many records were left out; lines without a number count one each."""
    of_run = ImportProblem.run_id == run_id
    named = func.count(func.distinct(func.nullif(ImportProblem.record, "")))
    nameless = select(func.count()).where(of_run, ImportProblem.record == "")
    numbered = session.exec(select(named).where(of_run)).one()
    return int(numbered + session.exec(nameless).one())


def forget_lines(session: Session, run_id: int) -> None:
    """Drop what was staged and is no longer needed."""
    session.exec(delete(StagedLine).where(col(StagedLine.run_id) == run_id))


def _subject(run: ImportRun) -> str:
    return f"import:{run.id}"
