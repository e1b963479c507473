"""Data quality as figures: measured each night, held against targets that change over time."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from sqlmodel import Session, col, select

from crm_core.audit import service as audit
from crm_core.authz import Actor, Permission
from crm_core.clock import now, today
from crm_core.errors import CrmError, Kind
from crm_core.quality import counting
from crm_core.quality.counting import ALL
from crm_core.quality.models import Dimension, QualityFigure, QualityTarget
from crm_core.stores.models import Store

_WHOLE = 1000


class BadTarget(CrmError):
    """A target is a share: per mille from 0 to 1000."""

    code = "bad_target"
    kind = Kind.INVALID


@dataclass(frozen=True)
class Line:
    """One figure with the target of its day; None where nothing is counted or wanted."""

    day: date
    dimension: Dimension
    store_code: str  # "" is the whole chain
    source: str  # "" is all sources
    good: int
    counted: int
    target_per_mille: int | None

    @property
    def per_mille(self) -> int:
        return self.good * _WHOLE // self.counted

    @property
    def is_met(self) -> bool | None:
        if self.target_per_mille is None:
            return None
        return self.good * _WHOLE >= self.target_per_mille * self.counted


def measure(session: Session, actor: Actor, day: date | None = None) -> list[QualityFigure]:
    """Count everything for a day (today) anew; what was measured of that day is replaced.

    Raises:
        Forbidden: the actor may not set up the shop.
    """
    actor.require(Permission.SETUP_WRITE)
    day = day or today()
    kept = {
        (row.dimension, row.store_code, row.source): row
        for row in session.exec(select(QualityFigure).where(QualityFigure.day == day))
    }
    measured = []
    for key, (good, counted) in _summed(session, day).items():
        dimension, store_code, source = key
        row = kept.pop(key, None) or QualityFigure(
            day=day, dimension=dimension, store_code=store_code, source=source, good=0, counted=0
        )
        row.good, row.counted, row.measured_at = good, counted, now()
        session.add(row)
        measured.append(row)
    for gone in kept.values():
        session.delete(gone)
    session.flush()
    return measured


def set_target(
    session: Session,
    actor: Actor,
    dimension: Dimension,
    per_mille: int,
    *,
    since: date,
    store_code: str = ALL,
) -> QualityTarget:
    """Want at least this share from a day on, of a store or of every one without its own.

    Repeating changes nothing.

    Raises:
        Forbidden: the actor may not set up the shop.
        BadTarget: it is no share.
    """
    actor.require(Permission.SETUP_WRITE)
    if not 0 <= per_mille <= _WHOLE:
        raise BadTarget(per_mille)
    same = (
        QualityTarget.dimension == dimension,
        QualityTarget.store_code == store_code,
        QualityTarget.since_on == since,
    )
    found = session.exec(select(QualityTarget).where(*same).with_for_update()).one_or_none()
    row = found or QualityTarget(
        dimension=dimension, store_code=store_code, since_on=since, per_mille=per_mille
    )
    row.per_mille = per_mille
    session.add(row)
    session.flush()
    audit.record(
        session, actor, "quality:target", f"quality:{dimension.value}", per_mille=per_mille
    )
    return row


def report(
    session: Session,
    actor: Actor,
    *,
    dimension: Dimension | None = None,
    store_code: str | None = None,
    source: str | None = None,
    since: date | None = None,
) -> list[Line]:
    """The figures with their targets, the oldest day first; without `since` the last day's.

    A manager sees their own store and the chain, which it is held against.

    Raises:
        Forbidden: the actor may see no reports.
    """
    actor.require(Permission.REPORT_READ)
    wanted = select(QualityFigure).order_by(
        col(QualityFigure.day), QualityFigure.dimension, QualityFigure.store_code,
        QualityFigure.source,
    )  # fmt: skip
    since = since or _last_day(session)
    if since is not None:
        wanted = wanted.where(QualityFigure.day >= since)
    given = {"dimension": dimension, "store_code": store_code, "source": source}
    for name, value in given.items():
        if value is not None:
            wanted = wanted.where(getattr(QualityFigure, name) == value)
    if not actor.everywhere:
        wanted = wanted.where(col(QualityFigure.store_code).in_({ALL, _own_store(session, actor)}))
    targets = session.exec(select(QualityTarget).order_by(col(QualityTarget.since_on))).all()
    return [_line(row, targets) for row in session.exec(wanted)]


def _summed(session: Session, day: date) -> dict[tuple[Dimension, str, str], tuple[int, int]]:
    """Each store's counts and, by source, those of the whole chain."""
    codes = dict(session.exec(select(Store.id, Store.code)).all())
    sums: defaultdict[tuple[Dimension, str, str], list[int]] = defaultdict(lambda: [0, 0])
    for count in counting.everything(session, day):
        for store_code in {ALL, codes.get(count.store_id or 0, ALL)}:
            cell = sums[count.dimension, store_code, count.source]
            cell[0] += count.good
            cell[1] += count.counted
    return {key: (good, counted) for key, (good, counted) in sums.items() if counted}


def _line(row: QualityFigure, targets: Sequence[QualityTarget]) -> Line:
    in_force = [
        target
        for target in targets
        if target.dimension is row.dimension
        and target.store_code in {ALL, row.store_code}
        and target.since_on <= row.day
    ]
    own = [target for target in in_force if target.store_code == row.store_code]
    last = (own or in_force)[-1:]
    return Line(
        row.day, row.dimension, row.store_code, row.source, row.good, row.counted,
        last[0].per_mille if last else None,
    )  # fmt: skip


def _last_day(session: Session) -> date | None:
    newest = select(col(QualityFigure.day)).order_by(col(QualityFigure.day).desc()).limit(1)
    return session.exec(newest).first()


def _own_store(session: Session, actor: Actor) -> str:
    of_actor = select(Store.code).where(Store.id == actor.store_id)
    return session.exec(of_actor).one_or_none() or ALL
