"""Messages as the platforms write them: strings in CDATA, numbers bare, lists by repetition."""

from collections.abc import Mapping, Sequence
from typing import Any
from xml.etree import ElementTree as ET

Value = str | int | float | Mapping[str, "Value"] | Sequence["Value"]
Fields = Mapping[str, Value]


class NotXml(ValueError):
    """The text is not a well-formed document."""


def render(fields: Fields) -> str:
    """The document `<xml>…</xml>` with these fields in this order."""
    return f"<xml>{_inside(fields)}</xml>"


def parse(text: str | bytes) -> ET.Element:
    """Read a document that the gateway answered with.

    Raises:
        NotXml: it is not well-formed.
    """
    try:
        return ET.fromstring(text)  # noqa: S314 - from our own gateway; expat caps entities
    except (ET.ParseError, ValueError) as error:
        raise NotXml(str(error)) from error


def text_of(element: ET.Element, path: str) -> str:
    """The text at `path` below `element`; empty where there is none."""
    return element.findtext(path) or ""


def as_card(element: ET.Element) -> Any:
    """A card as JSON has it: CamelCase to snake_case, elements named …List to lists."""
    if not len(element):
        return element.text or ""
    card: dict[str, Any] = {}
    for child in element:
        name = _snake(child.tag)
        if name.endswith("_list"):
            card.setdefault(name, []).append(as_card(child))
        else:
            card[name] = as_card(child)
    return card


def _inside(fields: Fields) -> str:
    return "".join(_element(name, value) for name, value in fields.items())


def _element(name: str, value: Value) -> str:
    if isinstance(value, str):
        return f"<{name}>{cdata(value)}</{name}>"
    if isinstance(value, Mapping):
        return f"<{name}>{_inside(value)}</{name}>"
    if isinstance(value, Sequence):
        return "".join(_element(name, each) for each in value)
    return f"<{name}>{value}</{name}>"


def cdata(text: str) -> str:
    """`text` in CDATA; its own end marks are split over two sections."""
    return f"<![CDATA[{text.replace(']]>', ']]]]><![CDATA[>')}]]>"


def _snake(name: str) -> str:
    return "".join("_" + c.lower() if c.isupper() else c for c in name).lstrip("_")
