import pytest
from sqlmodel import Session, col, select

from crm_core.audit.models import AuditEntry
from crm_core.authz import Actor, Forbidden, Role, system
from crm_core.customers import service as customers
from crm_core.fields import reading, service
from crm_core.fields.models import FieldKind, Sensitivity
from crm_core.rules import service as rules
from crm_core.validation.errors import BadEntry
from tests.crm_core.fields.fields import OPERATOR, a_field
from tests.crm_core.shop import Shop
from tests.factories import acting, themselves

CARD = "4111111111111111"
SERVICE = Actor("staff:9", Role.SERVICE, staff_id=9)


@pytest.fixture
def known(session: Session, shop: Shop) -> Shop:
    """A customer with a bit of everything, the card for refunds included."""
    a_field(session)
    a_field(
        session, "refund_card", "退款卡号", kind=FieldKind.TEXT, sensitivity=Sensitivity.HIGHEST
    )
    customers.describe(
        session, shop.customer, phone="+8613812345678", birthday="1992-05-04",
        address="中山路88号5幢602室",
    )  # fmt: skip
    given = {"wedding_on": "2027-05-20", "refund_card": CARD}
    service.put(session, OPERATOR, shop.customer.id, given, ref="r1")
    session.commit()
    return shop


def seen(session: Session, actor: Actor, shop: Shop) -> dict[str, str]:
    return {one.code: one.value for one in reading.view(session, actor, shop.customer.id)}


def audited(session: Session, action: str) -> list[AuditEntry]:
    return list(session.exec(select(AuditEntry).where(col(AuditEntry.action) == action)))


class TestView:
    def test_an_assistant_sees_the_name_and_the_rest_masked(
        self, session: Session, known: Shop
    ) -> None:
        assert seen(session, acting(known.assistant), known) == {
            "name": "林晓月", "phone": "138****5678", "birthday": "5月4日",
            "address": "中山路88号****", "wedding_on": "2027-05-20",
        }  # fmt: skip
        shown = reading.view(session, acting(known.assistant), known.customer.id)
        assert [one.code for one in shown if one.can_open] == ["phone"]

    def test_an_administrator_too_sees_it_masked_until_they_say_why(
        self, session: Session, known: Shop
    ) -> None:
        shown = seen(session, system("cli"), known)
        assert (shown["name"], shown["phone"]) == ("林**", "138****5678")
        assert shown["refund_card"] == "已加密"

    def test_customers_see_their_own_but_the_highest_level_masked(
        self, session: Session, known: Shop
    ) -> None:
        shown = seen(session, themselves(known.customer), known)
        assert (shown["phone"], shown["refund_card"]) == ("+8613812345678", "已加密")

    def test_the_shop_decides_who_sees_what(self, session: Session, known: Shop) -> None:
        table = rules.get(session, "fields.rights")
        more = [*table, ["assistant", "wedding_on", "hidden"], ["assistant", "phone", "clear"]]
        rules.put(session, OPERATOR, "fields.rights", more)
        shown = seen(session, acting(known.assistant), known)
        assert shown["phone"] == "+8613812345678"
        assert "wedding_on" not in shown

    def test_it_is_kept_that_somebody_looked(self, session: Session, known: Shop) -> None:
        seen(session, acting(known.assistant), known)
        [row] = audited(session, "customer:read")
        assert (row.actor, row.subject) == (
            f"staff:{known.assistant.id}", f"customer:{known.customer.id}",
        )  # fmt: skip


class TestOpen:
    def test_with_a_reason_that_is_kept(self, session: Session, known: Shop) -> None:
        value = reading.open_field(
            session, SERVICE, known.customer.id, "phone", reason="顾客要求回电"
        )
        assert value == "+8613812345678"
        [row] = audited(session, "field:open")
        assert row.detail == {"field": "phone", "reason": "顾客要求回电"}

    @pytest.mark.parametrize("reason", ["", "  ", f"卡 {CARD}"])
    def test_without_a_good_reason_nothing_opens(
        self, session: Session, known: Shop, reason: str
    ) -> None:
        with pytest.raises(BadEntry):
            reading.open_field(session, SERVICE, known.customer.id, "phone", reason=reason)
        assert audited(session, "field:open") == []

    def test_the_highest_level_opens_to_administrators_alone(
        self, session: Session, known: Shop
    ) -> None:
        customer_id = known.customer.id
        for actor in (SERVICE, acting(known.manager), acting(known.assistant)):
            with pytest.raises(Forbidden):
                reading.open_field(session, actor, customer_id, "refund_card", reason="退款")
        admin = system("cli")
        opened = reading.open_field(session, admin, customer_id, "refund_card", reason="退款")
        assert opened == CARD

    def test_what_is_not_held_is_nothing(self, session: Session, known: Shop) -> None:
        assert reading.open_field(session, SERVICE, known.customer.id, "city", reason="看") is None


class TestExported:
    def test_nothing_leaves_in_clear_that_is_masked(self, session: Session, known: Shop) -> None:
        row = reading.exported(session, system("cli"), known.customer.id)
        assert (row["手机号"], row["退款卡号"]) == ("138****5678", "已加密")
        assert CARD not in str(row)
        assert audited(session, "customer:export")

    def test_the_highest_level_leaves_in_clear_to_nobody(
        self, session: Session, known: Shop
    ) -> None:
        more = [*rules.get(session, "fields.rights"), ["admin", "refund_card", "clear"]]
        rules.put(session, OPERATOR, "fields.rights", more)
        row = reading.exported(session, system("cli"), known.customer.id)
        assert row["退款卡号"] == "已加密"
