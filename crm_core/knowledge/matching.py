"""How well an article answers a question: words of its own, weighed by how rare they are.

Chinese is compared by pairs of neighbouring characters, which needs no dictionary; a pair that few
articles have says more (inverse document frequency: Spärck Jones, 1972). For a shop's tens of
articles that is quick enough to count anew for every question.
"""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from math import log

_NOTHING = re.compile(
    r"[的了吗呢吧啊呀哦嘛么我你您他她们是不有没还就都也要能可以想请问一个下这那哪什怎样多少几很会给跟和与或在从把被对]"
)
_RUN = re.compile(r"[㐀-鿿]+|[a-z0-9]+")
_BODY = 0.5  # a word of the body says less than one of the title
_KEYWORD = 0.25  # for each keyword that the question has


@dataclass(frozen=True)
class Text:
    """What is compared of an article."""

    title: str
    keywords: Sequence[str]
    body: str


def scores(question: str, articles: Sequence[Text]) -> list[float]:
    """For each article how much of the question it covers: 0 to 1, and more for its keywords."""
    heads = [_grams(" ".join([article.title, *article.keywords])) for article in articles]
    bodies = [_grams(article.body) for article in articles]
    spread = Counter(gram for pair in zip(heads, bodies, strict=True) for gram in pair[0] | pair[1])
    weights = {g: log(1 + len(articles) / (spread[g] or 0.5)) for g in _grams(question)}
    whole = sum(weights.values()) or 1.0
    return [
        sum(weight * _part(gram, head, body) for gram, weight in weights.items()) / whole
        + _KEYWORD * sum(word.lower() in question.lower() for word in article.keywords if word)
        for article, head, body in zip(articles, heads, bodies, strict=True)
    ]


def _part(gram: str, head: set[str], body: set[str]) -> float:
    if gram in head:
        return 1.0
    return _BODY if gram in body else 0.0


def _grams(text: str) -> set[str]:
    """Pairs of characters, and whole words where it is Latin; none across empty words."""
    runs = _RUN.findall(_NOTHING.sub(" ", text.lower()))
    return {
        run[i : i + 2] if run[0] > "z" else run for run in runs for i in range(max(1, len(run) - 1))
    }
