"""Checks the training data and the held-out set; exit status 1 where something is wrong.

nlu/.venv/bin/python -m nlu.check_data [--near]
"""

from __future__ import annotations

import argparse
import json
import os
import re
import sys
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from difflib import SequenceMatcher

from nlu.corpus import DATA, HELD_OUT, ROOT, UnreadableExample, Utterance, read
from nlu.entities.found import ENTITIES
from nlu.roles import known_intents, roles_of
from nlu.text.normal import normalise

FEWEST_EXAMPLES = 40
# Above this share of common characters two examples of one intent teach the same thing twice.
_NEAR = 0.92
_ANNOTATION = re.compile(r"\[([^\]]*)\](\{[^}]*\})?")


def main() -> int:
    """Prints every mistake with its place, then a summary."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--near", action="store_true", help="list near-duplicates too (slower)")
    args = parser.parse_args()
    try:
        data, held_out = read(DATA), read(HELD_OUT)
    except UnreadableExample as unreadable:
        print(unreadable)
        return 1
    mistakes = all_mistakes(data, held_out)
    for mistake in mistakes:
        print(mistake)
    if args.near:
        for one in _seen(data, held_out):
            print(one)
        for pair in _near_duplicates(data):
            print(pair)
    intents = {one.intent for one in data}
    print(f"{len(data)} examples of {len(intents)} intents, {len(held_out)} held out")
    print(f"{len(mistakes)} mistakes")
    return 1 if mistakes else 0


def all_mistakes(data: list[Utterance], held_out: list[Utterance]) -> list[str]:
    """One sentence each, with file and line where there is one."""
    return [
        *_mistakes(data),
        *_mistakes(held_out),
        *_too_few(data),
        *_untrained(data, held_out),
    ]


def _mistakes(utterances: list[Utterance]) -> Iterator[str]:
    for one in utterances:
        for mistake in (*_of_intent(one), *_of_annotation(one)):
            yield f"{_place(one)}: {mistake}"
    yield from _duplicates(utterances)


def _of_intent(one: Utterance) -> Iterator[str]:
    if one.intent not in known_intents():
        yield f"no role has the intent {one.intent}"


def _of_annotation(one: Utterance) -> Iterator[str]:
    for text, braces in _ANNOTATION.findall(one.annotated):
        yield from _of_braces(text, braces)
    if "{" in one.text or "}" in one.text:
        yield f"braces left over in 「{one.text}」"
    for each in one.entities:
        if not 0 <= each.start < each.end <= len(one.text):
            yield f"{each.entity} at {each.start}-{each.end} is outside the text"


def _of_braces(text: str, braces: str) -> Iterator[str]:
    if not braces:
        yield f"[{text}] has no braces behind it"
        return
    marked = json.loads(braces)
    if marked.get("entity") not in ENTITIES:
        yield f"no such entity: {marked.get('entity')}"
    if text != text.strip():
        yield f"[{text}] begins or ends with a blank"
    if not isinstance(marked.get("value", ""), str):
        yield f"the value of [{text}] is no string"
    if set(marked) - {"entity", "value"}:
        yield f"{braces} has more than entity and value"


def _duplicates(utterances: Iterable[Utterance]) -> Iterator[str]:
    """The same words twice: in one intent no use, in two that one person may mean a clash."""
    first: dict[str, Utterance] = {}
    for one in utterances:
        earlier = first.setdefault(one.text, one)
        if earlier is one or not set(roles_of(one.intent)) & set(roles_of(earlier.intent)):
            continue
        kind = "twice" if earlier.intent == one.intent else f"also {earlier.intent}"
        yield f"{_place(one)}: 「{one.text}」 is there {kind} ({_place(earlier)})"


def _too_few(utterances: list[Utterance]) -> Iterator[str]:
    for intent, count in sorted(Counter(one.intent for one in utterances).items()):
        if count < FEWEST_EXAMPLES:
            yield f"{intent}: {count} examples, {FEWEST_EXAMPLES} are needed"


def _untrained(data: list[Utterance], held_out: list[Utterance]) -> Iterator[str]:
    intents = {one.intent for one in data}
    for intent in sorted({one.intent for one in held_out} - intents):
        yield f"{intent} is held out, but has no training data"


def _seen(data: list[Utterance], held_out: list[Utterance]) -> Iterator[str]:
    """Held-out texts that are not unseen; the shortest (退订, 转人工) are bound to be in both."""
    texts = {one.text for one in data}
    for one in held_out:
        if one.text in texts:
            yield f"{_place(one)}: 「{one.text}」 is training data too"


def _near_duplicates(utterances: list[Utterance]) -> Iterator[str]:
    by_intent: dict[str, list[tuple[str, Utterance]]] = defaultdict(list)
    for one in utterances:
        plain = normalise(one.text).text
        for text, other in by_intent[one.intent]:
            match = SequenceMatcher(None, plain, text)
            if match.real_quick_ratio() > _NEAR and match.ratio() > _NEAR:
                yield f"{_place(one)}: 「{one.text}」 is nearly 「{other.text}」 ({_place(other)})"
        by_intent[one.intent].append((plain, one))


def _place(one: Utterance) -> str:
    return f"{os.path.relpath(one.path, ROOT)}:{one.line}"


if __name__ == "__main__":
    sys.exit(main())
