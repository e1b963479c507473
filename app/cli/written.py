"""Reading what a shop writes down in a YAML file."""

from pathlib import Path

import yaml

from app.imports.cells import BadCell
from crm_core import yaml12


def read(file: Path) -> object:
    """The contents of a YAML file.

    Raises:
        BadCell: it cannot be read.
    """
    try:
        return yaml12.load(file.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise BadCell(f"读不了 {file}：{error}") from None


def rows(file: Path) -> list[dict[str, object]]:
    """The contents as a list of things with names and values; one alone is a list too.

    Raises:
        BadCell: it is neither.
    """
    found = read(file)
    listed: list[object] = found if isinstance(found, list) else [found]
    named = [each for each in listed if isinstance(each, dict)]
    if len(named) < len(listed):
        raise BadCell(f"{file} 里要写成一条或几条「名称: 值」")
    return named
