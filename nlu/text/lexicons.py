"""The shop's own words, read from `nlu/lexicons`."""

from __future__ import annotations

import warnings
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml

with warnings.catch_warnings():
    warnings.simplefilter("ignore", DeprecationWarning)  # jieba imports pkg_resources
    import jieba

FOLDER = Path(__file__).parent.parent / "lexicons"
_FREQUENT = 20_000
_KNOWN_FREQUENCY = 3


def read_table(name: str) -> dict[str, Any]:
    """The mapping in `nlu/lexicons/NAME.yml`."""
    table: dict[str, Any] = yaml.safe_load((FOLDER / f"{name}.yml").read_text("utf-8"))
    return table


def read_words(name: str) -> tuple[str, ...]:
    """The words in `nlu/lexicons/NAME.txt`, separated by blanks; `#` starts a comment line."""
    lines = (FOLDER / f"{name}.txt").read_text("utf-8").splitlines()
    return tuple(word for line in lines if not line.startswith("#") for word in line.split())


@lru_cache(maxsize=1)
def dictionary() -> jieba.Tokenizer:
    """Jieba with the shop's words, loaded now rather than on the first message (0.8 s, once).

    Its dictionary is read past jieba's own cache, a file in the shared temporary folder that
    anybody may write and that saves nothing.
    """
    tokenizer = jieba.Tokenizer()
    tokenizer.FREQ, tokenizer.total = tokenizer.gen_pfdict(tokenizer.get_dict_file())
    tokenizer.initialized = True
    for word in {*read_words("words"), *read_words("sounds")}:
        if len(word) > 1:
            tokenizer.add_word(word, _FREQUENT)
    return tokenizer


@lru_cache(maxsize=1)
def listed_people() -> frozenset[str]:
    """Personal names that jieba's dictionary lists among its words (its tag nr)."""
    with dictionary().get_dict_file() as lines:
        rows = (line.decode("utf-8").split() for line in lines)
        return frozenset(row[0] for row in rows if row[-1] == "nr")


class KnownWords:
    """The words that general Chinese has, as `in` asks for them.

    Args:
        at_least: How often a word must occur in the text that jieba's dictionary was counted on.
    """

    def __init__(self, tokenizer: jieba.Tokenizer, at_least: int = _KNOWN_FREQUENCY) -> None:
        self._frequencies: dict[str, int] = tokenizer.FREQ
        self._at_least = at_least

    def __contains__(self, word: object) -> bool:
        return self._frequencies.get(str(word), 0) >= self._at_least
