import pytest
from sqlmodel import Session, col, select

from crm_core.audit.models import AuditEntry
from crm_core.authz import Forbidden, Permission
from crm_core.customers import service as customers
from crm_core.db import reading, unit_of_work
from tests.crm_core.shop import Shop
from tests.factories import a_staff, acting, themselves

READ = Permission.CUSTOMER_READ


def kept(session: Session) -> list[tuple[str, str, str]]:
    session.rollback()
    rows = select(AuditEntry).where(col(AuditEntry.action).startswith("customer:"))
    return [(row.actor, row.action, row.subject) for row in session.exec(rows)]


@pytest.mark.every_database
def test_a_read_in_a_session_that_only_reads_is_kept(session: Session, shop: Shop) -> None:
    with reading() as other:
        customers.get(other, acting(shop.assistant), READ, shop.customer.id)
    subject = f"customer:{shop.customer.id}"
    assert kept(session) == [(f"staff:{shop.assistant.id}", "customer:read", subject)]


def test_a_read_within_a_write_is_kept_with_it(session: Session, shop: Shop) -> None:
    with unit_of_work() as other:
        customers.get(other, acting(shop.assistant), READ, shop.customer.id)
    assert len(kept(session)) == 1


def test_reading_twice_in_one_session_is_one_read(session: Session, shop: Shop) -> None:
    with reading() as other:
        for _ in range(2):
            customers.get(other, acting(shop.assistant), READ, shop.customer.id)
    assert len(kept(session)) == 1


def test_who_is_found_by_name_counts_as_read(session: Session, shop: Shop) -> None:
    with reading() as other:
        customers.find(other, acting(shop.assistant), name="林女士")
    assert [action for _, action, _ in kept(session)] == ["customer:find"]


def test_what_customers_read_of_themselves_is_not_kept(session: Session, shop: Shop) -> None:
    with reading() as other:
        customers.get(other, themselves(shop.customer), READ, shop.customer.id)
    assert kept(session) == []


def test_a_refused_read_is_not_kept_as_a_read(session: Session, shop: Shop) -> None:
    with pytest.raises(Forbidden), reading() as other:
        customers.get(other, acting(a_staff(session)), READ, shop.customer.id)
    assert kept(session) == []


def test_counting_points_reads_no_personal_data(session: Session, shop: Shop) -> None:
    with reading() as other:
        customers.get(other, acting(shop.assistant), Permission.POINTS_READ, shop.customer.id)
    assert kept(session) == []
