from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DatabaseError
from sqlmodel import Session, select

from crm_core.authz import Forbidden
from crm_core.fields import defining, service
from crm_core.fields.errors import BadField
from crm_core.fields.models import (
    CatalogueThing,
    CustomField,
    CustomValue,
    FieldKind,
    Sensitivity,
    TagDefinition,
)
from crm_core.saving import Change
from tests.crm_core.fields.fields import OPERATOR, a_field
from tests.crm_core.shop import Shop
from tests.factories import a_customer, acting


class TestDefine:
    @pytest.mark.every_database
    def test_a_field_stands_with_purpose_sensitivity_and_owner(self, session: Session) -> None:
        field = a_field(session)
        assert defining.get(session, "wedding_on") == field
        assert (field.purpose, field.owner) == ("安排婚纱试穿和交付", "婚纱顾问")

    @pytest.mark.parametrize(
        ("given", "why"),
        [
            ({"purpose": "  "}, "purpose"),
            ({"owner": ""}, "owner"),
            ({"code": "Wedding"}, "code"),
            ({"code": "phone"}, "shipped"),
            ({"kind": FieldKind.CHOICE}, "rules"),
            ({"kind": FieldKind.CHOICE, "rules": {"options": ["a", "a"]}}, "rules"),
            ({"rules": {"least": "2027-01-01", "most": "2026-01-01"}}, "rules"),
            ({"rules": {"least": "someday"}}, "rules"),
            ({"rules": {"code": "print()"}}, "rules"),
            ({"kind": FieldKind.TEXT, "rules": {"pattern": "("}}, "rules"),
        ],
    )
    def test_one_that_cannot_be_is_refused_with_a_reason(
        self, session: Session, given: dict[str, Any], why: str
    ) -> None:
        with pytest.raises(BadField) as caught:
            a_field(session, **given)
        assert caught.value.why == why

    @pytest.mark.every_database
    def test_the_database_itself_stores_nothing_without_a_purpose(self, session: Session) -> None:
        a_field(session)
        with pytest.raises(DatabaseError):
            session.execute(text("UPDATE custom_field SET purpose = ''"))

    def test_the_same_again_changes_nothing(self, session: Session) -> None:
        a_field(session)
        wanted = CustomField(
            code="wedding_on", title="婚期", kind=FieldKind.DATE,
            sensitivity=Sensitivity.INTERNAL, purpose="安排婚纱试穿和交付", owner="婚纱顾问",
        )  # fmt: skip
        assert defining.define(session, OPERATOR, wanted)[1] is Change.SAME

    def test_staff_define_nothing(self, session: Session, shop: Shop) -> None:
        wanted = CustomField(
            code="a", title="a", kind=FieldKind.TEXT, sensitivity=Sensitivity.OPEN, purpose="x",
            owner="x",
        )  # fmt: skip
        with pytest.raises(Forbidden):
            defining.define(session, acting(shop.manager), wanted)

    def test_a_field_that_is_filled_keeps_its_kind(self, session: Session) -> None:
        a_field(session)
        customer = a_customer(session)
        service.put(session, OPERATOR, customer.id, {"wedding_on": "2027-05-20"}, ref="r1")
        with pytest.raises(BadField) as caught:
            a_field(session, kind=FieldKind.TEXT)
        assert caught.value.why == "kind_fixed"

    def test_no_field_becomes_less_sensitive(self, session: Session) -> None:
        a_field(session, sensitivity=Sensitivity.PERSONAL)
        with pytest.raises(BadField) as caught:
            a_field(session, sensitivity=Sensitivity.OPEN)
        assert caught.value.why == "less_sensitive"

    @pytest.mark.every_database
    def test_a_field_that_becomes_sensitive_is_encrypted_at_once(self, session: Session) -> None:
        a_field(session)
        customer = a_customer(session)
        service.put(session, OPERATOR, customer.id, {"wedding_on": "2027-05-20"}, ref="r1")
        a_field(session, sensitivity=Sensitivity.PERSONAL)
        row = session.exec(select(CustomValue)).one()
        assert (row.day, row.secret) == (None, "2027-05-20")
        raw = session.connection().execute(text("SELECT secret FROM custom_value")).scalar_one()
        assert b"2027" not in bytes(raw)


def test_a_retired_field_takes_no_values_and_keeps_what_it_has(session: Session) -> None:
    a_field(session)
    customer = a_customer(session)
    service.put(session, OPERATOR, customer.id, {"wedding_on": "2027-05-20"}, ref="r1")
    defining.retire(session, OPERATOR, "wedding_on")
    assert not service.is_open(session, "wedding_on")
    assert [value for _, value in service.held(session, customer.id)] == ["2027-05-20"]


def test_a_tag_of_the_highest_level_is_refused(session: Session) -> None:
    wanted = TagDefinition(
        name="糖尿病", sensitivity=Sensitivity.HIGHEST, purpose="健康提醒", owner="店长"
    )
    with pytest.raises(BadField) as caught:
        defining.define_tag(session, OPERATOR, wanted)
    assert caught.value.why == "highest_tag"


def test_an_owner_can_be_given_only_to_what_there_is(session: Session) -> None:
    defining.own(session, OPERATOR, CatalogueThing.SOURCE, "youzan", "有赞商城", "电商部")
    with pytest.raises(BadField):
        defining.own(session, OPERATOR, CatalogueThing.FIELD, "shoe", "鞋", "电商部")
