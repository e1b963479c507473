"""docs/settings.md says every setting, and the default of those that have a plain one."""

import re
from pathlib import Path

from pydantic import SecretStr

from app.run.processes import ROOT
from crm_core.settings import PREFIX, Settings

ROWS = dict(
    re.findall(r"^\| `(\w+)` \| ([^|]+) \|", (ROOT / "docs/settings.md").read_text(), re.MULTILINE)
)


def test_every_setting_has_a_row_and_every_row_a_setting() -> None:
    assert {n.removeprefix(PREFIX).lower() for n in ROWS} == set(Settings.model_fields)


def test_the_defaults_are_true() -> None:
    for name, field in Settings.model_fields.items():
        if isinstance(field.default, Path | int | str) and field.default:
            assert ROWS[PREFIX + name.upper()] == str(field.default), name


def test_what_defaults_to_nothing_says_so() -> None:
    without_a_demo = Settings(demo=False)
    for name in set(Settings.model_fields) - {"demo"}:
        is_empty = getattr(without_a_demo, name) in {"", 0, SecretStr("")}
        assert ROWS[PREFIX + name.upper()].startswith("none") == is_empty, name
