from typing import Any

import pytest
from sqlmodel import Session

from crm_core.fields import searching, service, tags
from crm_core.fields.defining import define_tag
from crm_core.fields.errors import BadField
from crm_core.fields.models import FieldKind, Sensitivity, TagDefinition
from crm_core.preferences import service as preferences
from crm_core.preferences.models import PreferenceKind
from crm_core.rules import service as rules
from crm_core.validation.errors import BadEntry
from tests.crm_core.fields.fields import OPERATOR, a_field
from tests.crm_core.shop import Shop
from tests.factories import a_customer, acting, themselves


@pytest.mark.every_database
@pytest.mark.parametrize(
    ("kind", "values", "operator", "said", "found"),
    [
        (FieldKind.DATE, ["2027-05-20", "2027-06-01"], ">=", "2027-06-01", [1]),
        (FieldKind.NUMBER, ["10", "9.5"], "<=", "9.5", [1]),
        (FieldKind.TEXT, ["三亚海边", "100%"], "含", "0%", [1]),
    ],
)
def test_customers_are_found_by_what_stands_in_clear(
    session: Session,
    kind: FieldKind,
    values: list[str],
    operator: str,
    said: str,
    found: list[int],
) -> None:
    a_field(session, "extra", "其他", kind=kind)
    people = [a_customer(session) for _ in values]
    for person, value in zip(people, values, strict=True):
        service.put(session, OPERATOR, person.id, {"extra": value}, ref="r1")
    session.commit()
    assert list(searching.find(session, OPERATOR, "extra", operator, said)) == [
        people[each] for each in found
    ]


def test_nobody_elses_customers_are_found(session: Session, shop: Shop) -> None:
    a_field(session)
    for customer in (shop.customer, a_customer(session)):
        service.put(session, OPERATOR, customer.id, {"wedding_on": "2027-05-20"}, ref="r1")
    seen = searching.find(session, acting(shop.assistant), "wedding_on", "=", "2027-05-20")
    assert list(seen) == [shop.customer]


@pytest.mark.parametrize(
    ("sensitivity", "operator", "why"),
    [
        (Sensitivity.PERSONAL, "=", "not_searchable"),
        (Sensitivity.OPEN, "~", "operator"),
        (Sensitivity.OPEN, "含", "operator"),
    ],
)
def test_what_cannot_be_looked_for_is_said(
    session: Session, sensitivity: Sensitivity, operator: str, why: str
) -> None:
    a_field(session, sensitivity=sensitivity)
    with pytest.raises(BadField) as caught:
        searching.find(session, OPERATOR, "wedding_on", operator, "2027-05-20")
    assert caught.value.why == why


class TestTags:
    def give(self, session: Session, shop: Shop, name: str) -> list[str]:
        wanted: dict[preferences.Key, str | None] = {(PreferenceKind.TAG, name): name}
        actor, customer_id = themselves(shop.customer), shop.customer.id
        preferences.change(session, actor, customer_id, wanted, ref=f"t:{name}")
        return preferences.current(session, actor, customer_id).tags

    def define(self, session: Session, name: str, **rest: object) -> TagDefinition:
        given: dict[str, Any] = {"purpose": "推荐", "owner": "店长", **rest}
        return define_tag(session, OPERATOR, TagDefinition(name=name, **given))[0]

    def test_of_an_exclusive_group_the_last_one_holds(self, session: Session, shop: Shop) -> None:
        for name in ("偏瘦", "偏胖"):
            self.define(session, name, belongs_to="体型", exclusive=True)
        self.give(session, shop, "怕冷")
        self.give(session, shop, "偏瘦")
        assert self.give(session, shop, "偏胖") == ["怕冷", "偏胖"]

    def test_a_shop_may_want_defined_tags_only(self, session: Session, shop: Shop) -> None:
        rules.put(session, OPERATOR, "tags.defined_only", value=True)
        self.define(session, "怕冷")
        assert self.give(session, shop, "怕冷") == ["怕冷"]
        with pytest.raises(BadEntry) as caught:
            self.give(session, shop, "随便")
        assert caught.value.why == "tag_unknown"

    def test_a_retired_tag_is_given_to_nobody(self, session: Session, shop: Shop) -> None:
        self.define(session, "怕冷").retired_at = shop.store.created_at
        with pytest.raises(BadEntry) as caught:
            self.give(session, shop, "怕冷")
        assert caught.value.why == "tag_retired"

    def test_no_card_number_becomes_a_tag(self, session: Session, shop: Shop) -> None:
        with pytest.raises(BadEntry):
            self.give(session, shop, "4111111111111111")

    def test_they_are_listed_by_group(self, session: Session) -> None:
        self.define(session, "怕冷", belongs_to="体质")
        self.define(session, "亲子")
        assert [tag.name for tag in tags.listed(session)] == ["亲子", "怕冷"]
