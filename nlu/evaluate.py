"""How well texts are understood: on unseen phrasings and by cross-validation.

nlu/.venv/bin/python -m nlu.evaluate [--config bot/config.yml] [--folds 5] [--json FILE]
"""

from __future__ import annotations

import argparse
import asyncio
import hashlib
import json
import logging
import random
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from nlu.corpus import DATA, HELD_OUT, ROOT, Utterance, read, write
from nlu.roles import roles_of
from nlu.scores import Parsed, figures, mistakes
from nlu.train import calm_libraries, train

_SEED = 20260312
_NOW = "2026-03-12T14:00:00+08:00"


def main() -> int:
    """Prints one table; `--json` writes the same figures to a file."""
    args = _arguments()
    calm_libraries()
    report: dict[str, dict[str, float]] = {}
    if args.folds:
        report[f"cross-validation ({args.folds} folds)"] = figures(_across(args.config, args.folds))
    parsed = held_out(args.config, args.model)
    report["held out"] = figures(parsed)
    _print(report)
    if args.mistakes:
        _print_mistakes(parsed)
    if args.json:
        args.json.write_text(json.dumps(report, indent=2, ensure_ascii=False), "utf-8")
    return 0


def held_out(config: Path, model: Path | None = None) -> list[Parsed]:
    """Parses the held-out set with a model; without one, with one trained on all the data."""
    with tempfile.TemporaryDirectory() as folder:
        trained = model or _train(config, DATA, Path(folder))
        return parse_all(trained, read(HELD_OUT))


def parse_all(model: Path, utterances: Sequence[Utterance]) -> list[Parsed]:
    """Parses each utterance as a sender who may ask it would be understood."""
    from rasa.core.agent import Agent  # noqa: PLC0415 - once the libraries are calm
    from rasa.utils.log_utils import configure_structlog  # noqa: PLC0415 - likewise

    configure_structlog(logging.WARNING)
    processor = Agent.load(str(model)).processor
    return asyncio.run(_parse_each(processor, utterances))


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--config", type=Path, default=ROOT / "bot" / "config.yml")
    parser.add_argument("--model", type=Path, help="use this trained model for the held-out set")
    parser.add_argument("--folds", type=int, default=0, help="cross-validate too, on so many folds")
    parser.add_argument("--mistakes", action="store_true", help="list the held-out mistakes")
    parser.add_argument("--json", type=Path, help="write the figures to this file")
    return parser.parse_args()


def _across(config: Path, folds: int) -> list[Parsed]:
    """Each utterance parsed by a model that was trained without its fold."""
    parsed: list[Parsed] = []
    for unseen, seen in _folds(read(DATA), folds):
        with tempfile.TemporaryDirectory() as folder:
            write(seen, Path(folder) / "data.yml")
            model = _train(config, Path(folder) / "data.yml", Path(folder))
            parsed.extend(parse_all(model, unseen))
        print(f"  {len(parsed)} utterances cross-validated", file=sys.stderr, flush=True)
    return parsed


def _folds(
    utterances: Iterable[Utterance], folds: int
) -> Iterable[tuple[list[Utterance], list[Utterance]]]:
    """Every fold has its share of every intent; the seed makes them the same each time."""
    by_intent: dict[str, list[Utterance]] = defaultdict(list)
    for one in utterances:
        by_intent[one.intent].append(one)
    numbered: list[tuple[int, Utterance]] = []
    for each in by_intent.values():
        random.Random(_SEED).shuffle(each)  # noqa: S311 - nothing secret is drawn
        numbered.extend((index % folds, one) for index, one in enumerate(each))
    for fold in range(folds):
        unseen = [one for number, one in numbered if number == fold]
        yield unseen, [one for number, one in numbered if number != fold]


def _train(config: Path, data: Path, folder: Path) -> Path:
    model = folder / "dianyu-evaluated.tar.gz"
    if not train(model, config, [data], understanding_only=True):
        raise SystemExit(f"no model could be trained with {config}")
    return model


async def _parse_each(processor: Any, utterances: Sequence[Utterance]) -> list[Parsed]:
    from rasa.core.channels.channel import UserMessage  # noqa: PLC0415 - likewise

    parsed: list[Parsed] = []
    for one in [utterances[0], *utterances]:  # the first one warms the model up
        metadata = {"role": _role_for(one), "now": _NOW}
        begun = time.process_time()
        data = await processor.parse_message(UserMessage(one.text, metadata=metadata))
        parsed.append(_parsed(one, data, time.process_time() - begun))
    return parsed[1:]


def _role_for(one: Utterance) -> str:
    """One of those who may ask it: always the same one for the same text."""
    roles = roles_of(one.intent)
    return roles[int(hashlib.sha256(one.text.encode()).hexdigest(), 16) % len(roles)]


def _parsed(expected: Utterance, data: dict[str, Any], seconds: float) -> Parsed:
    intent = data["intent"]
    entities = tuple(
        (each["entity"], each["start"], each["end"], str(each["value"]))
        for each in data["entities"]
    )
    ungated = data.get("ungated") or intent["name"]
    embedded = bool(data.get("embedded"))
    return Parsed(
        expected, intent["name"], intent["confidence"], ungated, entities, seconds, embedded
    )


def _print(report: dict[str, dict[str, float]]) -> None:
    names = list(next(iter(report.values())))
    print("".join([f"{'':32}", *(f"{column:>28}" for column in report)]))
    for name in names:
        digits = 1 if name.startswith("processor") else 3
        cells = (f"{column[name]:>28.{digits}f}" for column in report.values())
        print("".join([f"{name:32}", *cells]))


def _print_mistakes(parsed: Iterable[Parsed]) -> None:
    for one in mistakes(parsed):
        answer = f"{one.intent} {one.confidence:.2f}, ungated {one.ungated}"
        print(f"{one.expected.intent}: 「{one.expected.text}」 -> {answer}")


if __name__ == "__main__":
    sys.exit(main())
