"""Which tags may be given, and finding who has one."""

from collections.abc import Iterable, Sequence

from sqlmodel import Session, col, select

from crm_core.fields.models import TagDefinition
from crm_core.rules import service as rules
from crm_core.validation.detecting import refuse_numbers
from crm_core.validation.errors import BadEntry


def check(session: Session, names: Iterable[str]) -> None:
    """Return if each of these tags may be given.

    Raises:
        BadEntry: one is retired, not defined where the shop wants them defined, or holds a number
            of an identity or bank card.
    """
    wanted = [refuse_numbers("tag", name) for name in names]
    rows = session.exec(select(TagDefinition).where(col(TagDefinition.name).in_(wanted)))
    found = {tag.name: tag for tag in rows}
    for name in wanted:
        if name not in found and rules.get(session, "tags.defined_only"):
            raise BadEntry("tag", "tag_unknown", said=name)
        if name in found and found[name].retired_at is not None:
            raise BadEntry("tag", "tag_retired", said=name)


def excluded_by(session: Session, name: str) -> set[str]:
    """The tags that cannot hold beside this one: the others of a group of which one can hold."""
    tag = session.exec(select(TagDefinition).where(TagDefinition.name == name)).one_or_none()
    if tag is None or not tag.exclusive:
        return set()
    others = TagDefinition.belongs_to == tag.belongs_to, TagDefinition.name != name
    return set(session.exec(select(TagDefinition.name).where(*others)))


def listed(session: Session) -> Sequence[TagDefinition]:
    """The tags that the shop has defined."""
    in_order = select(TagDefinition).order_by(TagDefinition.belongs_to, TagDefinition.name)
    return session.exec(in_order).all()
