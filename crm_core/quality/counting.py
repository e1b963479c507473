"""What is good of what is counted, by store and source; each figure is one statement.

- completeness: of the fields that the rule `quality.complete` wants of every member, those filled;
  of a source, those it ever gave of the members it says anything of.
- accuracy: of the values entered within `quality.window_days`, those that passed validation.
- consistency: of the fields that several sources speak of, those on whose last value all agree.
- timeliness: of the members, those of whom something was entered within `quality.fresh_days`.
- tag accuracy: of the tags that staff checked within `quality.window_days`, the right ones.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from sqlalchemy import and_, case, distinct, func, literal
from sqlmodel import Session, col, or_, select

from crm_core.customers.models import Customer
from crm_core.lineage.models import FieldEntry
from crm_core.preferences.models import Preference, PreferenceKind
from crm_core.quality.models import Dimension, TagCheck, Verdict
from crm_core.rules import service as rules
from crm_core.settings import settings

ALL = ""  # of the stores, or of the sources
_COLUMNS = frozenset({"name", "phone", "birthday", "city", "address"})


@dataclass(frozen=True)
class Count:
    """One cell; a store of None is a member of no store."""

    dimension: Dimension
    store_id: int | None
    source: str
    good: int
    counted: int


def everything(session: Session, day: date) -> Iterator[Count]:
    """All counts at the end of a day; the sums over stores are the caller's."""
    until = datetime.combine(day + timedelta(days=1), time(), settings().zone)
    window = until - timedelta(days=rules.get(session, "quality.window_days"))
    fresh = until - timedelta(days=rules.get(session, "quality.fresh_days"))
    wanted = rules.get(session, "quality.complete")
    yield from _run(session, Dimension.COMPLETENESS, _filled(wanted))
    yield from _run(session, Dimension.COMPLETENESS, _given(wanted))
    for by_source in (False, True):
        yield from _run(session, Dimension.ACCURACY, _passed(window, until, by_source))
        yield from _run(session, Dimension.CONSISTENCY, _agreeing(by_source))
        yield from _run(session, Dimension.TAG_ACCURACY, _right(window, until, by_source))
    yield from _run(session, Dimension.TIMELINESS, _heard_of(fresh))
    yield from _run(session, Dimension.TIMELINESS, _heard_from(fresh))


def _run(session: Session, dimension: Dimension, statement: Any) -> Iterator[Count]:
    for store_id, source, good, counted in session.connection().execute(statement):
        yield Count(dimension, store_id, source, int(good or 0), int(counted))


def _members() -> tuple[Any, Any]:
    return col(Customer.joined_into).is_(None), col(Customer.member_since).is_not(None)


def _filled(wanted: list[str]) -> Any:
    """Of the members of each store: the wanted fields that their records have."""
    filled: Any = literal(0)
    for code in wanted:
        filled = filled + case((_has(code), 1), else_=0)
    return (
        select(
            Customer.store_id, literal(ALL), func.sum(filled), func.count() * literal(len(wanted))
        )
        .where(*_members())
        .group_by(col(Customer.store_id))
    )


def _has(code: str) -> Any:
    if code in _COLUMNS:
        return getattr(Customer, code).is_not(None)
    theirs = Preference.customer_id == Customer.id, col(Preference.ended_at).is_(None)
    kind = Preference.kind == PreferenceKind(code)
    return select(Preference.id).where(*theirs, kind).exists()


def _given(wanted: list[str]) -> Any:
    """Of the members that a source says anything of: the wanted fields it ever gave."""
    head = case(
        *((col(FieldEntry.field).startswith(f"{code}:"), literal(code)) for code in wanted),
        else_=FieldEntry.field,
    )
    given = (
        select(FieldEntry.customer_id, FieldEntry.source, head.label("head"))
        .where(FieldEntry.refused == "", col(FieldEntry.value).is_not(None))
        .distinct()
        .subquery()
    )
    people = func.count(distinct(given.c.customer_id))
    good = func.sum(case((given.c.head.in_(wanted), 1), else_=0))
    return (
        select(Customer.store_id, given.c.source, good, people * literal(len(wanted)))
        .join(given, given.c.customer_id == Customer.id)
        .where(*_members())
        .group_by(col(Customer.store_id), given.c.source)
    )


def _passed(since: datetime, until: datetime, by_source: bool) -> Any:
    passed = func.sum(case((col(FieldEntry.refused) == "", 1), else_=0))
    source = col(FieldEntry.source) if by_source else literal(ALL)
    within = FieldEntry.at >= since, FieldEntry.at < until
    groups = [col(FieldEntry.store_id), *([source] if by_source else [])]
    counted = select(FieldEntry.store_id, source, passed, func.count()).where(*within)
    return counted.group_by(*groups)


def _agreeing(by_source: bool) -> Any:
    latest = (
        select(func.max(FieldEntry.id).label("id"))
        .where(FieldEntry.refused == "")
        .group_by(col(FieldEntry.customer_id), FieldEntry.field, FieldEntry.source)
        .subquery()
    )
    pairs = (
        select(
            FieldEntry.customer_id,
            FieldEntry.field,
            case((func.count(distinct(col(FieldEntry.digest))) == 1, 1), else_=0).label("agree"),
        )
        .join(latest, latest.c.id == col(FieldEntry.id))
        .group_by(col(FieldEntry.customer_id), FieldEntry.field)
        .having(func.count() > 1)
        .subquery()
    )
    found = func.sum(pairs.c.agree)
    of_customer = select(Customer.store_id, literal(ALL), found, func.count())
    if not by_source:
        joined = of_customer.join(pairs, pairs.c.customer_id == col(Customer.id))
        return joined.where(*_members()).group_by(col(Customer.store_id))
    same = and_(
        col(FieldEntry.customer_id) == pairs.c.customer_id,
        col(FieldEntry.field) == pairs.c.field,
    )
    return (
        select(Customer.store_id, FieldEntry.source, found, func.count())
        .join(pairs, pairs.c.customer_id == col(Customer.id))
        .join(FieldEntry, same)
        .join(latest, latest.c.id == col(FieldEntry.id))
        .where(*_members())
        .group_by(col(Customer.store_id), FieldEntry.source)
    )


def _heard_of(since: datetime) -> Any:
    entered = FieldEntry.customer_id == Customer.id, FieldEntry.refused == ""
    recent = select(FieldEntry.id).where(*entered, FieldEntry.at >= since).exists()
    joined = col(Customer.member_since) >= since
    good = func.sum(case((or_(recent, joined), 1), else_=0))
    counted = select(Customer.store_id, literal(ALL), good, func.count())
    return counted.where(*_members()).group_by(col(Customer.store_id))


def _heard_from(since: datetime) -> Any:
    last = (
        select(FieldEntry.customer_id, FieldEntry.source, func.max(FieldEntry.at).label("at"))
        .where(FieldEntry.refused == "")
        .group_by(col(FieldEntry.customer_id), FieldEntry.source)
        .subquery()
    )
    good = func.sum(case((last.c.at >= since, 1), else_=0))
    return (
        select(Customer.store_id, last.c.source, good, func.count())
        .join(last, last.c.customer_id == Customer.id)
        .where(*_members())
        .group_by(col(Customer.store_id), last.c.source)
    )


def _right(since: datetime, until: datetime, by_source: bool) -> Any:
    right = func.sum(case((col(TagCheck.verdict) == Verdict.RIGHT, 1), else_=0))
    source = col(TagCheck.source) if by_source else literal(ALL)
    answered = col(TagCheck.answered_at) >= since, col(TagCheck.answered_at) < until
    groups = [col(TagCheck.store_id), *([source] if by_source else [])]
    counted = select(TagCheck.store_id, source, right, func.count()).where(*answered)
    return counted.group_by(*groups)
