"""The segments, stages and tags that come with the product."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from crm_core.segments.reading import parse
from crm_core.segments.rule import Rule


@dataclass(frozen=True)
class Definition:
    """What a segment is for, and who is in it."""

    meaning: str
    rule: Rule


@cache
def segments() -> Mapping[str, Definition]:
    """By name, in the order in which they are shown."""
    return {
        name: Definition(said["meaning"], parse(said["rule"]))
        for name, said in _file()["segments"].items()
    }


@cache
def life_cycle() -> tuple[str, ...]:
    """The segments that part everybody who bought, in the order in which they are tried."""
    return tuple(_file()["life_cycle"])


@cache
def stages() -> Mapping[str, Rule]:
    """Acquired, activated, retained, paying, referring: the furthest first."""
    return {name: parse(said) for name, said in _file()["stages"].items()}


@cache
def tags() -> Mapping[str, Rule]:
    """Tags that follow from goods and behaviour."""
    return {name: parse(said) for name, said in _file()["tags"].items()}


@cache
def _file() -> Any:
    path = Path(__file__).parent / "shipped.yml"
    return yaml.safe_load(path.read_text(encoding="utf-8"))
