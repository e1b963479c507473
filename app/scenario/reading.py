"""Reading a scenario file; every mistake is told with its line."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError

from app.scenario.event import Loc
from app.scenario.references import wrong_references
from app.scenario.script import Scenario

Lines = dict[Loc, int]


@dataclass(frozen=True)
class Read:
    """A scenario, and where in which file each part of it stands."""

    name: str
    scenario: Scenario
    lines: Lines

    def where(self, loc: Loc) -> str:
        """`store.yml:23`, of the deepest part of `loc` that stands in the file."""
        return f"{self.name}:{_line(self.lines, loc)}"


class BadScenario(Exception):
    """The file is no scenario; the message has a line for each mistake."""


class _Loader(yaml.CSafeLoader):
    """YAML 1.2's plain values: 10:30, 2026-03-01, no and 012 are texts."""


_TAGS = "tag:yaml.org,2002:"
_KNOWN_TAGS = frozenset({"null", "bool", "int", "float", "str", "map", "seq"})
_Loader.yaml_implicit_resolvers = {}
for _tag, _pattern, _first in (
    ("null", r"~|null|", ["~", "n", ""]),
    ("bool", r"true|false", list("tf")),
    ("int", r"-?(?:0|[1-9][0-9]*)", list("-0123456789")),
    ("float", r"-?(?:0|[1-9][0-9]*)\.[0-9]+", list("-0123456789")),
):
    _Loader.add_implicit_resolver(_TAGS + _tag, re.compile(f"^(?:{_pattern})$"), _first)


def read(path: Path) -> Read:
    """The scenario in a file.

    Raises:
        BadScenario: it cannot be read or is none; says where.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise BadScenario(f"{path}: {getattr(error, 'strerror', None) or 'is no UTF-8'}") from None
    return parse(text, str(path))


def parse(text: str, name: str) -> Read:
    """The scenario in a text; `name` stands before the line in what is raised.

    Raises:
        BadScenario: it is none; says where.
    """
    lines: Lines = {}
    try:
        node = yaml.compose(text, _Loader)
        data = _value(node, (), lines, frozenset()) if node else None
        scenario = Scenario.model_validate(data)
    except _Mistake as error:
        raise BadScenario(f"{name}:{error.line}: {error}") from None
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise BadScenario(f"{name}:{line}: {error.problem}") from None
    except ValidationError as error:
        raise _bad(name, lines, _told(error)) from None
    if wrong := list(wrong_references(scenario)):
        raise _bad(name, lines, wrong)
    return Read(name, scenario, lines)


class _Mistake(Exception):
    def __init__(self, node: yaml.Node, reason: str) -> None:
        super().__init__(reason)
        self.line = node.start_mark.line + 1


def _value(node: yaml.Node, loc: Loc, lines: Lines, inside: frozenset[int]) -> Any:
    """The value of a node; notes the line of everything in it."""
    if id(node) in inside:
        raise _Mistake(node, "a part contains itself")
    if (tag := node.tag.removeprefix(_TAGS)) not in _KNOWN_TAGS:
        raise _Mistake(node, f"{tag} is no tag of scenarios")
    lines.setdefault(loc, node.start_mark.line + 1)
    inside |= {id(node)}
    if isinstance(node, yaml.MappingNode):
        return _mapping(node, loc, lines, inside)
    if isinstance(node, yaml.SequenceNode):
        parts = enumerate(node.value)
        return [_value(part, (*loc, number), lines, inside) for number, part in parts]
    return _scalar(node)


def _mapping(node: yaml.MappingNode, loc: Loc, lines: Lines, inside: frozenset[int]) -> Any:
    made: dict[str, Any] = {}
    for key_node, value_node in node.value:
        if not isinstance(key_node, yaml.ScalarNode):
            raise _Mistake(key_node, "a key must be a word")
        key = str(key_node.value)
        if key in made:
            raise _Mistake(key_node, f"「{key}」 stands twice")
        lines[*loc, key] = key_node.start_mark.line + 1
        made[key] = _value(value_node, (*loc, key), lines, inside)
    return made


def _scalar(node: yaml.Node) -> Any:
    text = str(node.value)
    match node.tag.removeprefix(_TAGS):
        case "null":
            return None
        case "bool":
            return text == "true"
        case "int" | "float" as kind:
            try:
                return int(text) if kind == "int" else float(text)
            except ValueError:
                raise _Mistake(node, f"「{text}」 is no {kind}") from None
    return text


def _told(error: ValidationError) -> Iterator[tuple[Loc, str]]:
    for one in error.errors():
        context = one.get("ctx") or {}
        key = (context["key"],) if one["type"] == "key" else ()
        message = (
            str(context.get("error") or one["msg"]) if one["type"] == "value_error" else one["msg"]
        )
        yield (*one["loc"], *key), message


def _bad(name: str, lines: Lines, mistakes: Any) -> BadScenario:
    told = [(_line(lines, loc), _path(loc), message) for loc, message in mistakes]
    return BadScenario("\n".join(f"{name}:{n}: {path}: {why}" for n, path, why in sorted(told)))


def _line(lines: Lines, loc: Loc) -> int:
    """The line of the deepest part of `loc` that stands in the file."""
    while loc not in lines and loc:
        loc = loc[:-1]
    return lines.get(loc, 1)


def _path(loc: Loc) -> str:
    """given.customers[2].phone"""
    dotted = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in loc)
    return dotted.removeprefix(".") or "the file"
