"""The two thresholds that a shop could set in 0001, as the set of levels that 0002 knows."""

from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection

from crm_core.clock import now
from crm_core.tables import UtcDateTime

_rule = sa.table("rule", sa.column("name", sa.String), sa.column("value", sa.JSON))
_program = sa.table(
    "tier_program", sa.column("definition", sa.JSON), sa.column("created_at", UtcDateTime())
)
_SHIPPED = {"tier.silver_fen": 100000, "tier.gold_fen": 500000}


def carry_over(connection: Connection) -> None:
    """Make a set of levels of thresholds that differ from the shipped ones; the rules go."""
    ours = _rule.c.name.in_(_SHIPPED)
    known = connection.execute(sa.select(_rule.c.name, _rule.c.value).where(ours)).all()
    own = {name: value["value"] for name, value in known}
    if own:
        row = {"definition": _levels(_SHIPPED | own), "created_at": now()}
        connection.execute(sa.insert(_program), row)
        connection.execute(sa.delete(_rule).where(ours))


def _levels(fen: dict[str, int]) -> dict[str, Any]:
    """As 0001 had them: by spending alone, within a rolling year."""
    silver, gold = fen["tier.silver_fen"], fen["tier.gold_fen"]
    named = [
        {"name": "普通会员"},
        {
            "name": "银卡",
            "spending": {"fen": silver, "over": "rolling_year"},
            "rights": {"discount_percent": 90},
        },
        {
            "name": "金卡",
            "spending": {"fen": gold, "over": "rolling_year"},
            "rights": {
                "free_delivery": True, "free_returns": True, "tailoring": True, "adviser": True,
            },
        },
    ]  # fmt: skip
    return {"name": "服装", "levels": named if silver < gold else [named[0], named[2]]}
