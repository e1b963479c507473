"""From text as it is sent to the plain simplified text that is understood."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from functools import lru_cache
from importlib import resources

from nlu.text.lexicons import KnownWords, dictionary, read_table, read_words
from nlu.text.mapped import MappedText
from nlu.text.slips import Slips

# Characters that draw rather than say: pictures, their modifiers and joiners, control characters.
_SILENT = {"So", "Sk", "Cf", "Cc", "Cs", "Co", "Cn", "Mn", "Me"}
_SPELT_SURNAMES = 40
# Found on the training data: above it, what sounds like a word of the shop is mostly none.
_COMMON_FREQUENCY = 7_200
_GAP = re.compile(r"(?<=[\u4e00-\u9fff])\s+(?=[\u4e00-\u9fff])|^\s+|\s+$")
_REPEAT = re.compile(r"([!?~。,.!])\1+")


def normalise(source: str) -> MappedText:
    """Simplified, half-width, lower-case text without emoji and slips, mapped to its source."""
    text = MappedText.of(source).map_chars(_plain)
    if not text.text:
        text = MappedText.of(source).map_chars(_gesture)
    text = text.replace(
        (run.start(), run.end(), run.group(1)) for run in _REPEAT.finditer(text.text)
    )
    return _close_gaps(_slips().undo(_close_gaps(text)))


def _close_gaps(text: MappedText) -> MappedText:
    return text.replace((gap.start(), gap.end(), "") for gap in _GAP.finditer(text.text))


@lru_cache(maxsize=4096)
def _plain(char: str) -> str:
    folded = unicodedata.normalize("NFKC", char).lower().translate(_simplified())
    return "" if folded == char and unicodedata.category(char) in _SILENT else folded


def _gesture(char: str) -> str:
    """What an emoji says where nothing else is said: 👌 is 好的."""
    return _gestures().get(char, "")


@lru_cache(maxsize=1)
def _gestures() -> dict[str, str]:
    return {char: said for said, chars in read_table("gestures").items() for char in chars}


@lru_cache(maxsize=1)
def _simplified() -> dict[int, str]:
    """OpenCC's table of traditional characters, the shop's additions over it."""
    listed = resources.files("opencc") / "dictionary" / "TSCharacters.txt"
    rows = (line.split("\t") for line in listed.read_text("utf-8").splitlines())
    table = {ord(row[0]): row[1].split()[0] for row in rows}
    own: dict[str, str] = read_table("characters")
    return {**table, **{ord(written): meant for written, meant in own.items()}}


@lru_cache(maxsize=1)
def _slips() -> Slips:
    everyday = (*read_words("letters"), *_spelt_names())
    known, common = KnownWords(dictionary()), KnownWords(dictionary(), at_least=_COMMON_FREQUENCY)
    return Slips(read_table("slips"), read_words("sounds"), everyday, known, common)


def _spelt_names() -> Iterator[str]:
    """How people are called, for those who type it in letters: wang nvshi, xiao li."""
    for surname in read_words("surnames")[:_SPELT_SURNAMES]:
        yield f"小{surname}"
        for title in ("女士", "先生", "小姐", "太太", "姐", "阿姨"):
            yield f"{surname}{title}"
