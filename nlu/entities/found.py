"""What a finder reads and what it finds, and which finds stand where they overlap."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

from nlu.entities.lexicon import Lexicon
from nlu.text.mapped import MappedText

# Of two finds of the same length, the one of the earlier entity stands.
ENTITIES = (
    "phone", "phone_tail", "card_no", "order_no", "ticket_no", "product", "campaign", "reward",
    "store", "staff_name", "customer_name", "measure", "size", "score", "option", "time",
    "amount", "quantity", "category", "style", "color", "occasion", "segment", "complaint_type",
    "action", "family_member", "tag",
)  # fmt: skip
_RANK = {entity: rank for rank, entity in enumerate(ENTITIES)}


@dataclass(frozen=True)
class Reading:
    """One text to find entities in.

    Args:
        text: Normal text; all finders work on its `text.text`.
        source: The text as sent.
        now: The store's wall clock, without a zone.
        lexicon: What the shop calls its things, at this moment.
    """

    text: MappedText
    source: str
    now: datetime
    lexicon: Lexicon

    def as_written(self, start: int, end: int) -> str:
        """The characters as sent, half-width: how a card or order number is kept."""
        first, last = self.text.source_span(start, end)
        return unicodedata.normalize("NFKC", self.source[first:last])


@dataclass(frozen=True)
class Found:
    """An entity at `text.text[start:end]` of a reading, with the value that the CRM expects."""

    entity: str
    start: int
    end: int
    value: str


Finder = Callable[[Reading], Iterator[Found]]


def resolve(found: Iterable[Found]) -> list[Found]:
    """The finds that stand, in reading order: longest first, then by priority, then leftmost."""
    kept: list[Found] = []
    for one in sorted(found, key=_precedence):
        if all(one.end <= other.start or other.end <= one.start for other in kept):
            kept.append(one)
    return sorted(kept, key=lambda one: one.start)


def _precedence(one: Found) -> tuple[int, int, int]:
    return one.start - one.end, _RANK.get(one.entity, len(_RANK)), one.start
