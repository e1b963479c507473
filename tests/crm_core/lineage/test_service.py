from datetime import date

import pytest
from sqlmodel import Session, select

from crm_core.authz import system
from crm_core.customers import takeover
from crm_core.customers.models import IdentityKind
from crm_core.customers.takeover import Record
from crm_core.lineage import service as lineage
from crm_core.lineage.models import FieldEntry
from crm_core.merging import recognising
from crm_core.merging.recognising import Person, Seen
from tests.factories import a_customer, themselves

OPERATOR = system("test")


def told(session: Session, customer_id: int) -> list[tuple[str, str | None, str]]:
    return [(row.field, row.value, row.source) for row in lineage.of(session, customer_id)]


@pytest.mark.every_database
def test_a_source_is_written_down_once_for_the_same_words(session: Session) -> None:
    customer = a_customer(session)
    for ref, city in (("r1", "上海"), ("r2", " 上海 "), ("r3", "北京"), ("r4", "上海")):
        values = {"city": city, "address": None}
        lineage.said(session, OPERATOR, customer, values, source="till", ref=ref)
        session.commit()
    assert told(session, customer.id) == [
        ("city", "上海", "till"), ("city", "北京", "till"), ("city", "上海", "till"),
    ]  # fmt: skip


def test_an_import_says_where_its_values_come_from(session: Session) -> None:
    record = Record(card_no="V1", name="林晓月", birthday=date(1992, 5, 4), city="上海")
    for _ in range(2):
        customer, _change = takeover.put(session, OPERATOR, record)
    assert sorted(told(session, customer.id)) == [
        ("birthday", "1992-05-04", "import"), ("city", "上海", "import"),
        ("name", "林晓月", "import"),
    ]  # fmt: skip


def test_what_another_source_says_is_kept_though_it_is_not_believed(session: Session) -> None:
    card = Seen(IdentityKind.CARD, "V1", verified=True)
    for source, name in (("till", "林晓月"), ("youzan", "林小月")):
        found = recognising.take_in(
            session, OPERATOR, Person((card,), name=name), source=source, ref=f"{source}:1"
        )
    assert found.customer.name == "林晓月"
    assert sorted(told(session, found.customer.id)) == [
        ("name", "林小月", "youzan"), ("name", "林晓月", "till"),
    ]  # fmt: skip


def test_of_a_refused_value_only_the_reason_is_kept(session: Session) -> None:
    customer = a_customer(session)
    lineage.refused(
        session, themselves(customer), customer, "phone", "phone", source="link", ref="r1"
    )
    session.commit()
    row = session.exec(select(FieldEntry)).one()
    assert (row.refused, row.value, row.digest) == ("phone", None, "")
    assert lineage.of(session, customer.id) == []
