"""What the benchmark's people say: every example of the intents that one action answers."""

import re
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

from benchmarks.report import ROOT

RULES = ROOT / "bot" / "data"
DATA = (ROOT / "nlu" / "data" / "customer", ROOT / "nlu" / "data" / "everyone")
_ANNOTATION = re.compile(r"\[([^\]]+)\](?:\{[^}]*\}|\([^)]*\))")


def of(domain: dict[str, Any], rules: Path = RULES, data: tuple[Path, ...] = DATA) -> list[str]:
    """Distinct texts, of all such intents in turn.

    Raises:
        ValueError: no intent is answered by one action alone.
    """
    intents = set(_answered_by_one_action(domain, rules))
    texts = [text for folder in data for text in _examples(folder, intents)]
    if not texts:
        raise ValueError(f"no rule in {rules} answers an intent by one action of the model")
    return sorted(set(texts), key=_mixed)


def _answered_by_one_action(domain: dict[str, Any], rules: Path) -> Iterator[str]:
    actions = set(domain["actions"])
    for file in sorted(rules.glob("*.yml")):
        for rule in yaml.safe_load(file.read_text()).get("rules", []):
            steps = rule["steps"]
            if len(steps) == 2 and steps[1].get("action") in actions and "condition" not in rule:  # noqa: PLR2004
                yield steps[0].get("intent", "")


def _examples(folder: Path, intents: set[str]) -> Iterator[str]:
    for file in sorted(folder.glob("*.yml")):
        for block in yaml.safe_load(file.read_text()).get("nlu", []):
            if block.get("intent") in intents:
                for line in block["examples"].splitlines():
                    yield _ANNOTATION.sub(r"\1", line.removeprefix("- ").strip())


def _mixed(text: str) -> int:
    """An order that mixes the intents and is the same in every run."""
    return zlib.crc32(text.encode())
