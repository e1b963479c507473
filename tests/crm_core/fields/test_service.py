from datetime import date
from typing import Any

import pytest
from sqlalchemy import text
from sqlmodel import Session, select

from crm_core.audit.models import AuditEntry
from crm_core.authz import Forbidden
from crm_core.consents import service as consents
from crm_core.consents.models import Purpose
from crm_core.customers.models import Customer
from crm_core.fields import defining, service
from crm_core.fields.models import CustomValue, FieldKind, Sensitivity
from crm_core.fields.service import Change
from crm_core.timeline import service as timeline
from crm_core.timeline.models import EventKind
from crm_core.validation.errors import BadEntry
from tests.crm_core.fields.fields import OPERATOR, a_field
from tests.crm_core.shop import Shop
from tests.factories import a_customer, a_staff, acting, themselves

CARD = "4111111111111111"


def put(session: Session, customer: Customer, ref: str = "r1", **given: str | None) -> list[Change]:
    return service.put(session, themselves(customer), customer.id, given, ref=ref)


def held(session: Session, customer: Customer) -> dict[str, str]:
    return {field.code: value for field, value in service.held(session, customer.id)}


class TestPut:
    @pytest.mark.every_database
    @pytest.mark.parametrize(
        ("kind", "rules", "said", "column", "kept", "written"),
        [
            (FieldKind.TEXT, {}, " 三亚 ", "text", "三亚", "三亚"),
            (FieldKind.NUMBER, {}, "12.50", "number", 12.5, "12.5"),
            (FieldKind.NUMBER, {}, "100", "number", 100.0, "100"),
            (FieldKind.DATE, {}, "2027年5月20日", "day", date(2027, 5, 20), "2027-05-20"),
            (FieldKind.CHOICE, {"options": ["室内", "户外"]}, "户外", "text", "户外", "户外"),
            (FieldKind.YES_NO, {}, "有", "text", "是", "是"),
        ],
    )
    def test_what_may_stand_in_clear_stands_in_its_typed_column(
        self,
        session: Session,
        kind: FieldKind,
        rules: dict[str, Any],
        said: str,
        column: str,
        kept: object,
        written: str,
    ) -> None:
        a_field(session, "extra", "其他", kind=kind, rules=rules)
        customer = a_customer(session)
        put(session, customer, extra=said)
        session.commit()
        row = session.exec(select(CustomValue)).one()
        assert getattr(row, column) == kept
        assert row.secret is None
        assert held(session, customer) == {"extra": written}

    @pytest.mark.every_database
    def test_the_rest_is_encrypted(self, session: Session) -> None:
        a_field(
            session, "spouse", "配偶姓名", kind=FieldKind.TEXT, sensitivity=Sensitivity.PERSONAL
        )
        customer = a_customer(session)
        put(session, customer, spouse="张伟")
        session.commit()
        raw = session.connection().execute(text("SELECT text, secret FROM custom_value")).one()
        assert raw[0] is None
        assert "张伟".encode() not in bytes(raw[1])
        assert held(session, customer) == {"spouse": "张伟"}

    def test_nothing_is_half_kept(self, session: Session) -> None:
        a_field(session)
        a_field(session, "tables", "桌数", kind=FieldKind.NUMBER, rules={"least": 1, "most": 99})
        customer = a_customer(session)
        with pytest.raises(BadEntry):
            put(session, customer, wedding_on="2027-05-20", tables="100")
        assert held(session, customer) == {}

    @pytest.mark.parametrize(
        ("code", "said", "why"),
        [
            ("nothing", "x", "field_unknown"),
            ("wedding_on", "下个月", "date"),
            ("remark", f"卡号 {CARD}", "bank_card"),
        ],
    )
    def test_what_cannot_be_is_refused(
        self, session: Session, code: str, said: str, why: str
    ) -> None:
        a_field(session)
        a_field(session, "remark", "备注", kind=FieldKind.TEXT)
        with pytest.raises(BadEntry) as caught:
            put(session, a_customer(session), **{code: said})
        assert caught.value.why == why

    def test_a_field_of_the_highest_level_may_hold_a_card(self, session: Session) -> None:
        a_field(
            session, "refund_card", "退款卡号", kind=FieldKind.TEXT,
            sensitivity=Sensitivity.HIGHEST,
        )  # fmt: skip
        customer = a_customer(session)
        put(session, customer, refund_card=CARD)
        assert held(session, customer) == {"refund_card": CARD}

    def test_a_pattern_has_to_fit(self, session: Session) -> None:
        rules = {"pattern": r"\d{6}", "hint": "六位数字"}
        a_field(session, "dress_no", "婚纱编号", kind=FieldKind.TEXT, rules=rules)
        with pytest.raises(BadEntry) as caught:
            put(session, a_customer(session), dress_no="A1")
        assert caught.value.sentence == "婚纱编号「A1」的格式不对，六位数字"

    def test_a_retired_field_is_refused(self, session: Session) -> None:
        a_field(session)
        defining.retire(session, OPERATOR, "wedding_on")
        with pytest.raises(BadEntry) as caught:
            put(session, a_customer(session), wedding_on="2027-05-20")
        assert caught.value.why == "field_retired"

    def test_a_field_that_needs_consent_waits_for_it(self, session: Session) -> None:
        a_field(session, consent="marketing")
        customer = a_customer(session)
        with pytest.raises(BadEntry) as caught:
            put(session, customer, wedding_on="2027-05-20")
        assert caught.value.why == "no_consent"
        consents.record(
            session, themselves(customer), customer.id, Purpose.MARKETING, granted=True,
            wording="同意", channel="chat", ref="c1",
        )  # fmt: skip
        assert put(session, customer, wedding_on="2027-05-20")

    def test_a_repeated_ref_enters_once(self, session: Session) -> None:
        a_field(session)
        customer = a_customer(session)
        first = put(session, customer, "r1", wedding_on="2027-05-20")
        put(session, customer, "r2", wedding_on="2027-06-01")
        assert put(session, customer, "r1", wedding_on="2027-05-20") == first
        assert held(session, customer) == {"wedding_on": "2027-06-01"}

    def test_it_stands_in_timeline_and_audit_without_its_value(self, session: Session) -> None:
        a_field(session)
        customer = a_customer(session)
        put(session, customer, wedding_on="2027-05-20")
        [event] = timeline.latest(session, customer.id, EventKind.PROFILE)
        assert event.data == {"fields": ["wedding_on"]}
        row = session.exec(select(AuditEntry).where(AuditEntry.action == "field:put")).one()
        assert row.detail["fields"] == ["wedding_on"]

    def test_an_assistant_changes_only_their_own_customers(
        self, session: Session, shop: Shop
    ) -> None:
        a_field(session)
        given = {"wedding_on": "2027-05-20"}
        service.put(session, acting(shop.assistant), shop.customer.id, given, ref="r1")
        with pytest.raises(Forbidden):
            service.put(session, acting(a_staff(session)), shop.customer.id, given, ref="r2")


class TestUndo:
    @pytest.mark.every_database
    def test_puts_back_what_was(self, session: Session) -> None:
        a_field(session)
        customer = a_customer(session)
        put(session, customer, "r1", wedding_on="2027-05-20")
        put(session, customer, "r2", wedding_on=None)
        assert held(session, customer) == {}
        actor = themselves(customer)
        assert service.undo(session, actor, customer.id, "r2") == [
            Change("wedding_on", None, "2027-05-20")
        ]
        service.undo(session, actor, customer.id, "r2")
        assert held(session, customer) == {"wedding_on": "2027-05-20"}

    def test_what_was_entered_since_stays(self, session: Session) -> None:
        a_field(session)
        customer = a_customer(session)
        put(session, customer, "r1", wedding_on="2027-05-20")
        put(session, customer, "r2", wedding_on="2027-06-01")
        assert service.undo(session, themselves(customer), customer.id, "r1") == []
        assert held(session, customer) == {"wedding_on": "2027-06-01"}
