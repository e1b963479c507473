"""All segments and derived tags of a shop, by name: what rules that refer to them mean."""

from collections.abc import Mapping
from dataclasses import dataclass

from sqlmodel import Session, col, select

from crm_core.errors import CrmError, Kind
from crm_core.segments import rule as rules
from crm_core.segments import shipped
from crm_core.segments.models import Segment, SegmentKind
from crm_core.segments.rule import Rule
from crm_core.segments.schema import BadSegmentRule


class UnknownSegment(CrmError):
    """No segment has this name."""

    code = "unknown_segment"
    kind = Kind.NOT_FOUND


@dataclass(frozen=True)
class Frozen:
    """A static segment: its members are kept, not reckoned."""

    segment_id: int


@dataclass(frozen=True)
class Book:
    segments: Mapping[str, Rule | Frozen]
    tags: Mapping[str, Rule]

    def segment(self, name: str) -> Rule | Frozen:
        """What a name means.

        Raises:
            UnknownSegment: nothing.
        """
        if name not in self.segments:
            raise UnknownSegment(name, name=name, known="、".join(self.segments))
        return self.segments[name]

    def circular(self, name: str) -> BadSegmentRule:
        """The error that something is defined by itself."""
        own = name.partition(" ")[2]
        return BadSegmentRule(name, why=f"「{own}」不能用它自己来定义", where=own)

    def endless(self) -> BadSegmentRule:
        """The error that segments refer to segments so often that nobody could answer."""
        return BadSegmentRule("size", why="分群之间引用得太多，请改简单一些", where="")


def load(session: Session) -> Book:
    """The segments as they are defined now: shipped ones first, then the shop's own by age."""
    known: dict[str, Rule | Frozen] = {
        name: definition.rule for name, definition in shipped.segments().items()
    }
    for row in session.exec(select(Segment).order_by(col(Segment.id))):
        if row.kind is SegmentKind.STATIC:
            known[row.name] = Frozen(row.id)
        elif row.rule:
            known[row.name] = rules.from_json(row.rule)
    return Book(known, shipped.tags())
