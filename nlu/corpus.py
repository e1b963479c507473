"""Annotated utterances, read with Rasa's own parser so that both see the same."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import yaml
from rasa.shared.exceptions import InvalidEntityFormatException, SchemaValidationError
from rasa.shared.nlu.training_data import entities_parser

ROOT = Path(__file__).parent.parent
DATA = ROOT / "nlu" / "data"
HELD_OUT = ROOT / "nlu" / "held_out"


@dataclass(frozen=True)
class Marked:
    """An entity as annotated; times carry no value, since they depend on the day."""

    entity: str
    start: int
    end: int
    value: str


@dataclass(frozen=True)
class Utterance:
    """One annotated example and where it stands."""

    annotated: str
    text: str
    intent: str
    entities: tuple[Marked, ...]
    path: Path
    line: int


class UnreadableExample(ValueError):
    """An annotation that Rasa cannot parse; the message names file and line."""


def read(folder: Path) -> list[Utterance]:
    """All utterances of the YAML files below a folder, in the order of their paths.

    Raises:
        UnreadableExample: The braces behind an entity are no JSON object.
    """
    return [one for path in sorted(folder.rglob("*.yml")) for one in _read_file(path)]


def write(utterances: Iterable[Utterance], path: Path) -> None:
    """Writes utterances as Rasa's training data."""
    by_intent: dict[str, list[str]] = {}
    for one in utterances:
        by_intent.setdefault(one.intent, []).append(f"- {one.annotated}\n")
    blocks = [{"intent": intent, "examples": "".join(each)} for intent, each in by_intent.items()]
    text = yaml.safe_dump({"version": "3.1", "nlu": blocks}, allow_unicode=True, width=10_000)
    path.write_text(text, "utf-8")


def _read_file(path: Path) -> Iterator[Utterance]:
    source = path.read_text("utf-8")
    lines = {line.strip()[2:].strip(): number for number, line in enumerate(source.split("\n"), 1)}
    for block in yaml.safe_load(source)["nlu"]:
        for example in block["examples"].splitlines():
            annotated = example.strip().removeprefix("- ").strip()
            if annotated:
                yield _utterance(annotated, block["intent"], path, lines.get(annotated, 0))


def _utterance(annotated: str, intent: str, path: Path, line: int) -> Utterance:
    try:
        message = entities_parser.parse_training_example(annotated, intent)
    except (InvalidEntityFormatException, SchemaValidationError) as error:
        raise UnreadableExample(f"{path}:{line}: {annotated} cannot be read") from error
    marked = tuple(
        Marked(each["entity"], each["start"], each["end"], str(each["value"]))
        for each in message.get("entities") or ()
    )
    return Utterance(annotated, message.get("text"), intent, marked, path, line)
