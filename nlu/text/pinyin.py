"""Mandarin by its sound: readings without tones, and letters cut into syllables."""

from __future__ import annotations

import re
from functools import lru_cache

from pypinyin import lazy_pinyin
from pypinyin.constants import PINYIN_DICT
from pypinyin.contrib.tone_convert import to_normal

HAN = re.compile(r"[\u4e00-\u9fff]")
_LONGEST_SYLLABLE = 6
# What speakers of southern Mandarin do not tell apart, and so type for one another.
_MERGED = (("zh", "z"), ("ch", "c"), ("sh", "s"))


@lru_cache(maxsize=8192)
def reading(char: str) -> str:
    """The commonest toneless reading of one character; other characters read as themselves."""
    return lazy_pinyin(char)[0]


@lru_cache(maxsize=8192)
def sound(char: str) -> str:
    """The reading of a character with the distinctions dropped that many speakers do not make."""
    heard = reading(char)
    for clear, merged in _MERGED:
        if heard.startswith(clear):
            heard = merged + heard[len(clear) :]
    return heard[:-1] if heard.endswith(("ing", "eng")) else heard


def sound_of(word: str) -> tuple[str, ...]:
    """How a word sounds, syllable by syllable."""
    return tuple(sound(char) for char in word)


def reading_of(word: str) -> tuple[str, ...]:
    """The toneless syllables of a word, as people type them."""
    return tuple(lazy_pinyin(word))


@lru_cache(maxsize=1)
def syllables() -> frozenset[str]:
    """Every syllable of Mandarin that is written with two letters or more, and `a`, `e`, `o`."""
    common = range(0x4E00, 0x9FA6)
    spelt = (PINYIN_DICT.get(code, "").split(",")[0] for code in common)
    plain = {to_normal(one) for one in spelt if one}
    typed = {one.replace("ü", "v") for one in plain} | {"shei"}
    return frozenset(one for one in typed if one.isascii() and re.search("[aeiouv]", one))


def cut(letters: str) -> tuple[str, ...] | None:
    """Cuts a run of letters into syllables, the longest first; None where it is no pinyin."""
    if not letters:
        return ()
    for length in range(min(_LONGEST_SYLLABLE, len(letters)), 0, -1):
        head = letters[:length]
        if head in syllables():
            rest = cut(letters[length:])
            if rest is not None:
                return (head, *rest)
    return None
