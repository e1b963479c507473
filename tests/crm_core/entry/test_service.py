from datetime import UTC, datetime

import pytest
from sqlmodel import Session, select

from crm_core import clock
from crm_core.audit.models import AuditEntry
from crm_core.authz import Forbidden
from crm_core.customers import service as customers
from crm_core.customers.models import Customer, Identity, IdentityKind
from crm_core.entry import service as entry
from crm_core.family import service as family
from crm_core.fields import service as fields
from crm_core.lineage import service as lineage
from crm_core.lineage.models import FieldEntry
from crm_core.preferences import service as preferences
from crm_core.validation.errors import BadEntries
from tests.crm_core.fields.fields import a_field
from tests.crm_core.shop import Shop
from tests.factories import a_customer, a_staff, acting, themselves

EVERYTHING = {
    "name": "林晓月",
    "phone": "138 1234 5678",
    "birthday": "1992年5月4日",
    "address": "中山路88号",
    "city": "上海",
    "size:上装": "m",
    "size:鞋·US": "US 7.5",
    "style": "法式、通勤",
    "body:height": "1.68米",
    "body:weight": "110斤",
    "tag": "怕冷",
    "note": "周末来",
    "family:女儿:连衣裙": "130",
    "wedding_on": "2027-05-20",
}


class TestEnter:
    @pytest.mark.every_database
    def test_an_assistant_enters_everything_at_once(self, session: Session, shop: Shop) -> None:
        a_field(session)
        actor, customer = acting(shop.assistant), shop.customer
        entered = entry.enter(session, actor, customer.id, EVERYTHING, ref="r1")
        session.commit()
        assert (entered.fields, entered.warnings) == (sorted(EVERYTHING), [])
        record = customer.name, customer.phone, customer.birthday, customer.city
        assert record == ("林晓月", "+8613812345678", "1992-05-04", "上海")
        known = preferences.current(session, actor, customer.id)
        assert known.sizes == {"上装": "M", "鞋·US": "US 7.5", "女儿连衣裙": "130"}
        assert known.styles == ["法式", "通勤"]
        assert known.body == {"height": "168cm", "weight": "55kg"}
        assert (known.tags, known.notes) == (["怕冷"], ["周末来"])
        [daughter] = family.members(session, actor, customer.id)
        assert (daughter.label, daughter.sizes) == ("女儿", {"连衣裙": "130"})
        assert [value for _, value in fields.held(session, customer.id)] == ["2027-05-20"]

    @pytest.mark.every_database
    def test_every_problem_is_named_and_nothing_is_kept(self, session: Session) -> None:
        customer = a_customer(session, None)
        given = {
            "name": "林晓月", "phone": "12345", "birthday": "1992-02-30", "size:裤装": "500",
            "body:height": "16.8cm", "note": "身份证 11010519491231002X", "colour": "红",
            "family:邻居:鞋": "39", "tag": "好" * 65,
        }  # fmt: skip
        with pytest.raises(BadEntries) as caught:
            entry.enter(session, themselves(customer), customer.id, given, ref="r1")
        why = {problem.field: problem.why for problem in caught.value.problems}
        assert why == {
            "phone": "phone", "birthday": "birthday_no_such_day", "size:裤装": "size_unknown",
            "body:height": "measure_out_of_range", "note": "identity_card",
            "colour": "field_unknown", "family": "relation", f"tag:{'好' * 65}": "too_long",
        }  # fmt: skip
        session.commit()
        assert customer.name is None
        assert session.exec(select(FieldEntry)).all() == []

    def test_a_repeated_ref_enters_once(self, session: Session) -> None:
        customer = a_customer(session)
        actor = themselves(customer)
        entry.enter(session, actor, customer.id, {"city": "上海"}, ref="r1")
        entry.enter(session, actor, customer.id, {"city": "北京"}, ref="r2")
        entry.enter(session, actor, customer.id, {"city": "上海"}, ref="r1")
        assert customer.city == "北京"

    def test_who_entered_what_is_kept_for_each_field(self, session: Session, shop: Shop) -> None:
        actor = acting(shop.assistant)
        entry.enter(session, actor, shop.customer.id, {"city": "上海", "size:": "M"}, ref="r1")
        for field, value in (("city", "上海"), ("size:", "M")):
            [row] = lineage.of(session, shop.customer.id, field)
            assert (row.value, row.source, row.actor) == (value, "assistant", actor.name)
        kept = session.exec(select(AuditEntry).where(AuditEntry.action == "customer:enter")).one()
        assert kept.detail["fields"] == ["city"]

    def test_somebody_elses_customer_is_refused(self, session: Session, shop: Shop) -> None:
        other = acting(a_staff(session))
        with pytest.raises(Forbidden):
            entry.enter(session, other, shop.customer.id, {"city": "上海"}, ref="r1")

    def test_the_phone_of_another_record_is_not_taken(self, session: Session) -> None:
        holder, customer = a_customer(session), a_customer(session)
        customers.identify(
            session, holder, IdentityKind.PHONE, "+8613812345678", source="oa", verified=True
        )
        with pytest.raises(BadEntries) as caught:
            enter(session, customer, phone="13812345678")
        assert (caught.value.problems[0].why, customer.phone) == ("taken", None)

    def test_a_verified_phone_is_not_typed_over(self, session: Session) -> None:
        customer = a_customer(session, phone="+8613812345678")
        customers.identify(
            session, customer, IdentityKind.PHONE, "+8613812345678", source="oa", verified=True
        )
        with pytest.raises(BadEntries) as caught:
            enter(session, customer, phone="13900001111")
        assert caught.value.problems[0].why == "verified"

    def test_a_typed_phone_finds_its_customer_and_stays_unverified(self, session: Session) -> None:
        customer = a_customer(session)
        enter(session, customer, phone="13812345678")
        assert session.exec(select(Identity.verified)).all() == [False]
        phone = IdentityKind.PHONE
        assert customers.by_identity(session, phone, "+8613812345678") == customer

    def test_an_age_that_is_unusual_for_a_style_is_a_warning_only(self, session: Session) -> None:
        customer = a_customer(session)
        with clock.standing_at(datetime(2026, 3, 12, tzinfo=UTC)):
            entered = entry.enter(
                session, themselves(customer), customer.id,
                {"birthday": "1960-01-01", "style": "学院"}, ref="r1",
            )  # fmt: skip
        assert entered.warnings == ["顾客 66 岁，「学院」风格一般是 12 到 35 岁穿，请再确认一下"]
        assert customer.birthday == "1960-01-01"

    def test_the_birthday_of_a_baby_is_a_warning(self, session: Session) -> None:
        customer = a_customer(session)
        with clock.standing_at(datetime(2026, 3, 12, tzinfo=UTC)):
            entered = entry.enter(
                session, themselves(customer), customer.id, {"birthday": "2025-01-01"}, ref="r1"
            )
        assert "家人的生日" in entered.warnings[0]


def enter(session: Session, customer: Customer, **given: str) -> entry.Entered:
    return entry.enter(session, themselves(customer), customer.id, given, ref="r1")
