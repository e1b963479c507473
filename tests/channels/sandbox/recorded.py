"""The fixtures: payloads in the form that the platforms' pages document, with values of our own."""

import json
import re
from pathlib import Path
from typing import Any

_FIXTURES = Path(__file__).parent / "fixtures"
_PART = re.compile(r"<(/?)(\w+)>(?:(<!\[CDATA\[)|([^<\s]))?")


def document(name: str) -> str:
    return (_FIXTURES / f"{name}.xml").read_text(encoding="utf-8")


def calls(name: str) -> Any:
    return json.loads((_FIXTURES / f"{name}_calls.json").read_text(encoding="utf-8"))


def skeleton(xml: str) -> list[str]:
    """Every tag in order, and whether its value stands in CDATA or bare."""
    return [
        f"{slash}{tag}{' cdata' if cdata else ' bare' if bare else ''}"
        for slash, tag, cdata, bare in _PART.findall(re.sub(r">\s+<", "><", xml))
    ]


def shape(value: Any) -> Any:
    """The names and types of a JSON value."""
    if isinstance(value, dict):
        return {name: shape(each) for name, each in value.items()}
    if isinstance(value, list):
        return [shape(each) for each in value]
    return type(value).__name__


def fill_in(value: Any, known: dict[str, str]) -> Any:
    """`value` with the placeholders (APPID, OPENID …) replaced."""
    if isinstance(value, dict):
        return {name: fill_in(each, known) for name, each in value.items()}
    if isinstance(value, list):
        return [fill_in(each, known) for each in value]
    return known.get(value, value) if isinstance(value, str) else value
