"""The table of rules: what joins two records at once, and why."""

import pytest

from crm_core.customers.models import IdentityKind
from crm_core.merging import joins
from crm_core.merging.joins import Does


@pytest.mark.parametrize(
    ("kind", "verified", "does"),
    [
        (IdentityKind.UNIONID, False, Does.JOIN),
        (IdentityKind.CARD, False, Does.JOIN),
        (IdentityKind.PHONE, True, Does.JOIN),
        (IdentityKind.PHONE, False, Does.SUGGEST),
        (IdentityKind.DEVICE, True, Does.SUGGEST),
        (IdentityKind.SHOP_ACCOUNT, True, Does.FIND),
        (IdentityKind.ECOMMERCE, False, Does.FIND),
    ],
)
def test_what_joins(kind: IdentityKind, verified: bool, does: Does) -> None:
    row = joins.decide(kind, verified=verified)
    assert row.does is does
    assert row.why


def test_every_kind_has_a_row() -> None:
    for kind in IdentityKind:
        for verified in (False, True):
            assert joins.decide(kind, verified=verified).kind == kind


@pytest.mark.parametrize("kind", ["name", "birthday", "name_birthday"])
def test_name_and_birthday_never_join(kind: str) -> None:
    row: dict[str, object] = {"rule": kind, "kind": kind, "does": "join", "why": "说不通"}
    with pytest.raises(ValueError, match="never join"):
        joins.read([row])
    assert all(row.does is not Does.JOIN for row in joins.table() if row.kind == kind)


def test_a_kind_that_there_is_not_is_refused() -> None:
    with pytest.raises(ValueError, match="passport"):
        joins.read([{"rule": "x", "kind": "passport", "does": "join", "why": "x"}])
