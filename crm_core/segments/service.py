"""Who belongs together: shipped segments, the shop's own, and rules that are tried out.

docs/segments.md has the definitions and the rule language.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Select, case
from sqlmodel import Session, col, func, select

from crm_core.authz import Actor, Permission
from crm_core.customers import service as customers
from crm_core.customers.models import Customer
from crm_core.segments import book, querying, reading, saving, schema, shipped
from crm_core.segments import rule as rules
from crm_core.segments.compiling import Compiler
from crm_core.segments.models import Segment, SegmentKind
from crm_core.segments.rule import Flag, InSegment, Rule

UnknownSegment = book.UnknownSegment
BadSegmentRule = schema.BadSegmentRule
BadSegmentName = saving.BadSegmentName
SegmentInUse = saving.SegmentInUse
save = saving.save
drop = saving.drop

_NEVER_BOUGHT = "never"
_OTHER = "other"


@dataclass(frozen=True)
class Known:
    """One segment as it is defined now."""

    name: str
    kind: SegmentKind
    rule: Rule
    meaning: str
    own: bool  # defined by the shop


@dataclass(frozen=True)
class Trial:
    """What a rule comes to before it is saved."""

    count: int
    sample: Sequence[str]  # some of them, masked


@dataclass(frozen=True)
class Portrait:
    """Where one customer stands."""

    segments: Sequence[str]
    life_cycle: str | None  # none: never bought
    stage: str
    derived_tags: Sequence[str]


@dataclass(frozen=True)
class Stats:
    """How many customers there are, in which part of a partition."""

    total: int  # bound, of a shop, or bought
    counts: Mapping[str, int]
    never_bought: int

    def of(self, count: int) -> float:
        """So many of all customers, 0 to 1."""
        return count / self.total if self.total else 0.0


def understood(said: str) -> Rule:
    """The rule that plain Chinese or JSON states.

    Raises:
        BadSegmentRule: it states none.
    """
    if said.lstrip().startswith("{"):
        return schema.checked(schema.loaded(said))
    return reading.parse(said)


def named(session: Session, name: str) -> str:
    """`name`, if a segment is called that.

    Raises:
        UnknownSegment: there is none.
    """
    book.load(session).segment(name)
    return name


def everything(session: Session, actor: Actor) -> Sequence[Known]:
    """All segments, shipped ones first.

    Raises:
        Forbidden: the actor may not see segments.
    """
    actor.require(Permission.SEGMENT_READ)
    rows = {row.name: row for row in session.exec(select(Segment))}
    return [_known(name, rows.get(name)) for name in book.load(session).segments]


def get(session: Session, actor: Actor, name: str) -> Known:
    """One segment.

    Raises:
        Forbidden: the actor may not see segments.
        UnknownSegment: there is no such segment.
    """
    actor.require(Permission.SEGMENT_READ)
    row = session.exec(select(Segment).where(Segment.name == name)).one_or_none()
    return _known(named(session, name), row)


def members(
    session: Session, actor: Actor, name: str, *, store_id: int | None = None
) -> Sequence[int]:
    """The ids of the customers in a segment, of a manager's own shop, of `store_id`, or of all.

    Raises:
        Forbidden: the actor may not see segments, or not those of this shop.
        UnknownSegment: there is no such segment.
    """
    within = querying.scope(actor, store_id)
    wanted = querying.fitting(session, InSegment(name)).where(within).order_by(col(Customer.id))
    return session.scalars(wanted).all()


def count(session: Session, actor: Actor, rule: Rule, *, store_id: int | None = None) -> int:
    """How many customers fit a rule now, within the same bounds as `members`.

    Raises:
        Forbidden: the actor may not see segments, or not those of this shop.
        UnknownSegment: the rule speaks of a segment that there is not.
    """
    within = querying.scope(actor, store_id)
    counted: Select[int] = querying.fitting(session, rule, func.count())
    return session.scalars(counted.where(within)).one()


def tried(
    session: Session, actor: Actor, rule: Rule, *, store_id: int | None = None, limit: int = 10
) -> Trial:
    """What a rule comes to before it is saved: how many fit, and some of them, masked.

    Raises:
        Forbidden: the actor may not see segments, or not those of this shop.
        BadSegmentRule: the rule speaks of a field that cannot be compared so.
        UnknownSegment: it speaks of a segment that there is not.
    """
    within = querying.scope(actor, store_id)
    saving.check(session, rule)
    newest = querying.fitting(session, rule).where(within).order_by(col(Customer.id).desc())
    return Trial(
        count(session, actor, rule, store_id=store_id),
        shown(session, actor, session.scalars(newest.limit(limit)).all()),
    )


def shown(session: Session, actor: Actor, customer_ids: Sequence[int]) -> list[str]:
    """These customers, masked, in this order.

    Raises:
        Forbidden: the actor may not see segments.
    """
    actor.require(Permission.SEGMENT_READ)
    rows = session.exec(select(Customer).where(col(Customer.id).in_(customer_ids)))
    names = {row.id: customers.masked(row) for row in rows}
    return [names[one] for one in customer_ids]


def stats(session: Session, actor: Actor, *, store_id: int | None = None) -> Stats:
    """How many customers stand where in their life with the shop: each is counted once.

    Raises:
        Forbidden: the actor may not see segments, or not those of this shop.
    """
    parts = {name: InSegment(name) for name in shipped.life_cycle()}
    return _parted(session, parts, querying.scope(actor, store_id))


def stages(session: Session, actor: Actor, *, store_id: int | None = None) -> Stats:
    """How far customers have come: acquired, activated, retained, paying, referring.

    Whoever never bought but brought somebody counts as referring.

    Raises:
        Forbidden: the actor may not see segments, or not those of this shop.
    """
    return _parted(session, shipped.stages(), querying.scope(actor, store_id), bought_first=False)


def of_customer(session: Session, actor: Actor, customer_id: int) -> Portrait:
    """Where one customer stands: segments, life cycle, stage and derived tags.

    Raises:
        Forbidden: the actor may not see this customer.
        CustomerNotFound: there is no such customer.
    """
    customers.get(session, actor, Permission.CUSTOMER_READ, customer_id)
    known = book.load(session)
    asked: list[tuple[str, str, Rule]]
    asked = [("segment", name, InSegment(name)) for name in known.segments]
    asked += [("stage", name, rule) for name, rule in shipped.stages().items()]
    asked += [("tag", name, rule) for name, rule in shipped.tags().items()]
    compiler = Compiler(session, known)
    answers = [case((compiler.condition(rule), 1), else_=0) for _, _, rule in asked]
    row = session.execute(compiler.select(*answers).where(col(Customer.id) == customer_id)).one()
    yes: dict[str, list[str]] = {"segment": [], "stage": [], "tag": []}
    for (kind, name, _), answer in zip(asked, row, strict=True):
        yes[kind] += [name] * answer
    life = (name for name in shipped.life_cycle() if name in yes["segment"])
    return Portrait(yes["segment"], next(life, None), yes["stage"][0], yes["tag"])


def _known(name: str, row: Segment | None) -> Known:
    as_shipped = shipped.segments().get(name)
    if row is None or not row.rule:
        assert as_shipped is not None
        return Known(name, SegmentKind.LIVING, as_shipped.rule, as_shipped.meaning, own=False)
    meaning = row.meaning or (as_shipped.meaning if as_shipped else "")
    return Known(name, row.kind, rules.from_json(row.rule), meaning, own=True)


def _parted(
    session: Session,
    parts: Mapping[str, Rule],
    within: ColumnElement[bool],
    *,
    bought_first: bool = True,
) -> Stats:
    """Counts by the first part that fits."""
    compiler = Compiler(session, book.load(session))
    bought = compiler.condition(Flag("bought"))
    tried = [(compiler.condition(rule), name) for name, rule in parts.items()]
    which = case(*([(~bought, _NEVER_BOUGHT)] if bought_first else []), *tried, else_=_OTHER)
    is_known = col(Customer.store_id).is_not(None) | col(Customer.member_since).is_not(None)
    wanted = compiler.select(which.label("part"), func.count()).where(within, is_known | bought)
    found: dict[str, int] = dict(session.execute(wanted.group_by("part")).all())
    return Stats(
        total=sum(found.values()),
        counts={name: found.get(name, 0) for name in parts},
        never_bought=found.get(_NEVER_BOUGHT, 0),
    )
