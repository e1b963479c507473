"""Defining segments: saving a rule under a name, and going back to what is shipped."""

from sqlalchemy import delete, insert, literal
from sqlmodel import Session, col, select

from crm_core.audit import service as audit
from crm_core.authz import Actor, Permission
from crm_core.clock import now
from crm_core.customers.models import Customer
from crm_core.errors import CrmError, Kind
from crm_core.fields.models import CustomField, FieldKind
from crm_core.segments import book, querying, rule, shipped
from crm_core.segments.models import Segment, SegmentKind, SegmentMember, SegmentSnapshot
from crm_core.segments.rule import Field, InSegment, Number, Rule, Source
from crm_core.segments.schema import BadSegmentRule

_LONGEST_NAME, _LONGEST_MEANING = 32, 255
_FIELD_KINDS = {
    Source.FIELD: (FieldKind.NUMBER,),
    Source.UNTIL: (FieldKind.DATE,),
    None: (FieldKind.TEXT, FieldKind.CHOICE, FieldKind.YES_NO),
}


class BadSegmentName(CrmError):
    """A name has 1 to 32 characters and no quotes, a meaning at most 255."""

    code = "bad_segment_name"
    kind = Kind.INVALID


class SegmentInUse(CrmError):
    """Another segment is defined by this one."""

    code = "segment_in_use"


def save(
    session: Session,
    actor: Actor,
    name: str,
    wanted: Rule,
    *,
    kind: SegmentKind = SegmentKind.LIVING,
    meaning: str = "",
    ref: str,
) -> Segment:
    """Let a segment be this from now on; a static one keeps whoever fits now.

    Safe to repeat: a repeated `ref` changes nothing, nor who is in a static one.

    Raises:
        Forbidden: the actor may not define segments.
        BadSegmentName: the name or the meaning is too long, or the name cannot be quoted.
        BadSegmentRule: the rule speaks of a field that cannot be compared so, or of itself.
        UnknownSegment: it speaks of a segment that there is not.
    """
    actor.require(Permission.SEGMENT_WRITE)
    _check_name(name, meaning)
    row = session.exec(select(Segment).where(Segment.name == name).with_for_update()).one_or_none()
    if row is not None and row.ref == ref:
        return row
    check(session, wanted)
    row = row or Segment(name=name, created_by=actor.name, ref=ref)
    row.kind, row.rule, row.meaning, row.ref = kind, rule.to_json(wanted), meaning, ref
    row.changed_at = now()
    session.add(row)
    session.flush()
    check(session, wanted, name=name)
    _forget_nights(session, row)
    if kind is SegmentKind.STATIC:
        _freeze(session, row, wanted)
    audit.record(session, actor, "segment:save", f"segment:{row.id}", name=name, rule=row.rule)
    return row


def drop(session: Session, actor: Actor, name: str) -> None:
    """Forget a segment of the shop's own; a shipped one is as it is shipped again. Repeating
    changes nothing.

    Raises:
        Forbidden: the actor may not define segments.
        SegmentInUse: another segment is defined by it.
    """
    actor.require(Permission.SEGMENT_WRITE)
    row = session.exec(select(Segment).where(Segment.name == name).with_for_update()).one_or_none()
    if row is None:
        return
    if name not in shipped.segments() and (users := _users(session, name)):
        raise SegmentInUse(name, name=name, by="、".join(users))
    _forget_nights(session, row)
    session.delete(row)
    audit.record(session, actor, "segment:drop", f"segment:{row.id}", name=name)


def check(session: Session, wanted: Rule, *, name: str | None = None) -> None:
    """Whether a rule can be answered: what it speaks of is there, and not itself by any way.

    Raises:
        BadSegmentRule: it speaks of a field that cannot be compared so, or of itself.
        UnknownSegment: it speaks of a segment that there is not.
    """
    for leaf in rule.leaves(wanted):
        match leaf:
            case Field(title):
                _check_field(session, title, None)
            case Number(Source.FIELD | Source.UNTIL as source, title):
                _check_field(session, title, source)
    querying.fitting(session, wanted if name is None else InSegment(name))


def _check_name(name: str, meaning: str) -> None:
    quotable = name == name.strip() and not set(name) & set("「」\n\r\t\0")
    if not quotable or not 0 < len(name) <= _LONGEST_NAME or len(meaning) > _LONGEST_MEANING:
        raise BadSegmentName(name, name=name)


def _check_field(session: Session, title: str, source: Source | None) -> None:
    found = session.exec(select(CustomField).where(CustomField.title == title)).one_or_none()
    if found is None:
        raise BadSegmentRule(title, why=f"没有「{title}」这个字段", where=title)
    if not found.sensitivity.is_clear:
        raise BadSegmentRule(title, why=f"「{title}」是加密的，不能用来分群", where=title)
    if found.kind not in _FIELD_KINDS[source]:
        raise BadSegmentRule(title, why=f"「{title}」的类型不能这样比较", where=title)


def _forget_nights(session: Session, row: Segment) -> None:
    """Who was in it under another definition says nothing about this one."""
    for table in (SegmentMember, SegmentSnapshot):
        session.exec(delete(table).where(col(table.segment_id) == row.id))


def _freeze(session: Session, row: Segment, wanted: Rule) -> None:
    fits = querying.fitting(session, wanted, literal(row.id), col(Customer.id))
    members = insert(SegmentMember).from_select(["segment_id", "customer_id"], fits)
    session.connection().execute(members)


def _users(session: Session, name: str) -> list[str]:
    """The segments whose rule speaks of this one."""
    return [
        other
        for other, known in book.load(session).segments.items()
        if not isinstance(known, book.Frozen) and InSegment(name) in rule.leaves(known)
    ]
