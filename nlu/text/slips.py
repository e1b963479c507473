"""Slips of the input method undone: words written by sound, in letters, or in another's hand."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection, Container, Iterable, Mapping
from dataclasses import dataclass, field

from nlu.text.mapped import MappedText
from nlu.text.pinyin import HAN, reading_of, sound, sound_of, syllables

# Words in letters; a single one (M码) is no syllable and ends the run, but for a, e and o.
_LETTER_RUN = re.compile(
    r"(?<![a-z])(?:[a-z]{2,}|[aeo](?![a-z]))(?:[' ]+(?:[a-z]{2,}|[aeo](?![a-z])))*"
)
_LONGEST_WORD = 24
_UNKNOWN_SYLLABLE = 3
_Edit = tuple[int, int, str]


@dataclass(frozen=True)
class Slips:
    """What the shop's people mistype, and the words that they may have meant.

    Args:
        table: Slip to word, applied wherever the slip stands (letters only as whole words).
        words: The shop's words, each of two characters or more: restored from their sound alone.
        everyday: Other words, recognised only where they are typed in letters.
        known: Words that are right as they stand, so never taken for a slip of another.
        common: Characters that are words by themselves, so may stand side by side by chance.
    """

    table: Mapping[str, str]
    words: Collection[str]
    everyday: Collection[str]
    known: Container[str]
    common: Container[str]
    _by_sound: dict[tuple[str, ...], str] = field(init=False, default_factory=dict)
    _by_letters: dict[str, str] = field(init=False, default_factory=dict)
    _firsts: dict[str, set[int]] = field(init=False, default_factory=lambda: defaultdict(set))
    _written: re.Pattern[str] = field(init=False)

    def __post_init__(self) -> None:
        for word in (*self.words, *self.everyday):
            self._by_letters.setdefault("".join(reading_of(word)), word)
        for word in self.words:
            heard = sound_of(word)
            self._by_sound.setdefault(heard, word)
            self._firsts[heard[0]].add(len(word))
        slips = sorted(self.table, key=len, reverse=True)
        written = "|".join(_bounded(slip) for slip in slips)
        object.__setattr__(self, "_written", re.compile(written or r"(?!)"))

    def undo(self, text: MappedText) -> MappedText:
        """The text with the shop's words put where they were meant; offsets stay those sent."""
        text = text.replace(
            (found.start(), found.end(), self.table[found.group()])
            for found in self._written.finditer(text.text)
        )
        text = text.replace(self._spelt(text.text))
        return text.replace(self._misheard(text.text))

    def _spelt(self, text: str) -> Iterable[_Edit]:
        """Words typed in letters. One letter-word alone may be English: it takes two syllables."""
        runs = [self._read_run(found) for found in _LETTER_RUN.finditer(text)]
        edits = [edit for run in runs for edit in run]
        return edits if any(len(word) > 1 for _, _, word in edits) else []

    def _read_run(self, run: re.Match[str]) -> list[_Edit]:
        places = [run.start() + i for i, char in enumerate(run.group()) if char not in " '"]
        letters = "".join(run.string[place] for place in places)
        pieces = _cheapest_pieces(letters, self._by_letters)
        return [(places[start], places[end - 1] + 1, word) for start, end, word in pieces if word]

    def _misheard(self, text: str) -> Iterable[_Edit]:
        done = 0
        for start, char in enumerate(text):
            if start < done or not HAN.match(char):
                continue
            for length in sorted(self._firsts.get(sound(char), ()), reverse=True):
                meant = self._by_sound.get(sound_of(text[start : start + length]))
                if meant and self._may_be_slip(text, start, length):
                    yield start, start + length, meant
                    done = start + length
                    break

    def _may_be_slip(self, text: str, start: int, length: int) -> bool:
        """Whether the characters make no sense as they stand: they are part of no known word."""
        window = text[start : start + length]
        if len(window) < length or not all(HAN.match(char) for char in window):
            return False
        if all(char in self.common for char in window):
            return False
        around = range(max(0, start - 1), min(len(text), start + length + 1) - 1)
        return not any(text[i : i + 2] in self.known for i in around) and window not in self.known


def _bounded(slip: str) -> str:
    pattern = re.escape(slip)
    return rf"(?<![a-z]){pattern}(?![a-z])" if slip.isascii() else pattern


def _cheapest_pieces(letters: str, words: Mapping[str, str]) -> list[_Edit]:
    """Covers all the letters with few words and fewer unknown syllables (as empty words).

    Nothing at all where the letters cannot be covered: then they are English, not Mandarin.
    """
    best: list[tuple[int, list[_Edit]] | None] = [(0, [])] + [None] * len(letters)
    for end in range(1, len(letters) + 1):
        for start in range(max(0, end - _LONGEST_WORD), end):
            before, piece = best[start], letters[start:end]
            word = words.get(piece, "")
            if before is None or not (word or piece in syllables()):
                continue
            cost = before[0] + (1 if word else _UNKNOWN_SYLLABLE)
            so_far = best[end]
            if so_far is None or cost < so_far[0]:
                best[end] = (cost, [*before[1], (start, end, word)])
    covered = best[-1]
    return covered[1] if covered else []
