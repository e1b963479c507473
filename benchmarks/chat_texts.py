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


def intents(domain: dict[str, Any]) -> set[str]:
    """The intents that a rule answers by one action.

    Raises:
        ValueError: there are none.
    """
    found = set(_answered_by_one_action(domain, RULES)) & set(_names(domain["intents"]))
    if not found:
        raise ValueError(f"no rule in {RULES} answers an intent by one action of the model")
    return found


def of(wanted: set[str]) -> list[str]:
    """Distinct examples of the wanted intents, mixed."""
    return sorted({text for folder in DATA for text in _examples(folder, wanted)}, key=_mixed)


def _names(listed: list[Any]) -> list[str]:
    return [name if isinstance(name, str) else next(iter(name)) for name in listed]


def _answered_by_one_action(domain: dict[str, Any], rules: Path) -> Iterator[str]:
    actions = set(_names(domain["actions"]))
    for file in sorted(rules.glob("*.yml")):
        for rule in yaml.safe_load(file.read_text()).get("rules", []):
            steps = rule["steps"]
            if len(steps) == 2 and steps[1].get("action") in actions and "condition" not in rule:  # noqa: PLR2004
                yield steps[0].get("intent", "")


def _examples(folder: Path, wanted: set[str]) -> Iterator[str]:
    for file in sorted(folder.glob("*.yml")):
        for block in yaml.safe_load(file.read_text()).get("nlu", []):
            if block.get("intent") in wanted:
                for line in block["examples"].splitlines():
                    yield _ANNOTATION.sub(r"\1", line.removeprefix("- ").strip())


def _mixed(text: str) -> int:
    """An order that mixes the intents and is the same in every run."""
    return zlib.crc32(text.encode())
