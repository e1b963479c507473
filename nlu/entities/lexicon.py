"""The names of things: fixed ones from `nlu/lexicons`, the shop's own from the live lexicon."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache

from nlu.text.lexicons import read_table
from nlu.text.normal import normalise

# entity -> value -> the forms that people use for it
Entries = Mapping[str, Mapping[str, Iterable[str]]]


@dataclass(frozen=True)
class Match:
    """A form of the lexicon at `[start:end]` of a normal text."""

    entity: str
    start: int
    end: int
    value: str


class Lexicon:
    """Finds every form of every entry; later entries win over earlier ones of the same form."""

    def __init__(self, *sources: Entries) -> None:
        self._values: dict[str, dict[str, str]] = defaultdict(dict)
        self._by_head: dict[str, list[str]] = defaultdict(list)
        for entries in sources:
            for entity, values in entries.items():
                for value, forms in values.items():
                    self._add(entity, value, {normalise(form).text for form in (value, *forms)})
            self._add_short_names(entries.get("product", {}))
        for forms_of_head in self._by_head.values():
            forms_of_head.sort(key=len, reverse=True)

    def matches(self, text: str) -> Iterator[Match]:
        """All matches in a normal text, overlapping ones too. Latin forms match whole words."""
        for start in range(len(text)):
            for form in self._by_head.get(text[start : start + _SHORTEST], ()):
                if text.startswith(form, start) and _is_whole(text, start, start + len(form)):
                    for entity, value in self._values[form].items():
                        yield Match(entity, start, start + len(form), value)

    def _add_short_names(self, products: Iterable[str]) -> None:
        """双面呢大衣 is enough for the 羊毛双面呢大衣, where no other product ends like that."""
        plain = [(normalise(name).text, name) for name in products]
        ends = [
            (name[start:], full)
            for name, full in plain
            for start in range(1, len(name) - _SHORTEST_END + 1)
        ]
        counts = Counter(end for end, _ in ends)
        for end, full in ends:
            if counts[end] == 1 and end not in self._values:
                self._add("product", full, {end})

    def _add(self, entity: str, value: str, plain_forms: Iterable[str]) -> None:
        for form in plain_forms:
            if len(form) < _SHORTEST:
                continue
            if form not in self._values:
                self._by_head[form[:_SHORTEST]].append(form)
            self._values[form][entity] = value


_SHORTEST = 2
_SHORTEST_END = 4


@lru_cache(maxsize=1)
def fixed_entries() -> Entries:
    """The entries that every shop starts with, a file an entity."""
    return {entity: _forms(read_table(entity)) for entity in _FIXED}


_FIXED = (
    "category", "style", "color", "occasion", "segment", "complaint_type", "action", "tag",
)  # fmt: skip


def _forms(table: Mapping[str, str | None]) -> dict[str, list[str]]:
    """A file gives each value's other forms on one line, separated by blanks."""
    return {str(value): str(forms or "").split() for value, forms in table.items()}


def _is_whole(text: str, start: int, end: int) -> bool:
    before = text[start - 1 : start] if _is_latin(text[start]) else ""
    after = text[end : end + 1] if _is_latin(text[end - 1]) else ""
    return not (_is_latin(before) or _is_latin(after))


def _is_latin(char: str) -> bool:
    return char.isascii() and char.isalnum()
