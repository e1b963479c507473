from pathlib import Path

import pytest

from app.imports.kinds import KINDS

GUIDE = Path(__file__).parents[3] / "docs" / "importing.md"


@pytest.mark.parametrize("name", list(KINDS))
def test_every_column_is_documented(name: str) -> None:
    kind = KINDS[name]
    (line,) = [x for x in GUIDE.read_text("utf-8").splitlines() if x.startswith(f"| `{name}` |")]
    for column in kind.columns:
        star = "\\*" if column.needed else ""
        title = f"**{column.title}**" if column.name in kind.key else column.title
        assert f"{title} `{column.name}`{star}" in line
