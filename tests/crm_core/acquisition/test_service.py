from datetime import UTC, date, datetime

import pytest
from sqlmodel import Session, select

from crm_core.acquisition import service
from crm_core.acquisition.models import AcquisitionCost
from crm_core.audit.models import AuditEntry
from crm_core.authz import Forbidden, Role, system
from crm_core.customers.models import Customer, Identity, IdentityKind
from crm_core.segments import querying, reading
from tests.factories import a_customer, a_staff, acting

ANYBODY = system("test")
MARCH = date(2026, 3, 1)


def came(session: Session, at: str, *sources: str) -> Customer:
    """A customer made then, by these sources one after the other."""
    customer = a_customer(session)
    customer.created_at = datetime.fromisoformat(at).replace(tzinfo=UTC)
    for source in sources:
        session.add(
            Identity(
                customer_id=customer.id,
                kind=IdentityKind.OA_OPENID,
                value="o",
                source=source,
                digest=f"{customer.id}{source}",
            )
        )
        session.flush()
    return customer


@pytest.mark.every_database
def test_what_was_spent_is_shared_by_those_who_came(session: Session) -> None:
    first = came(session, "2026-02-28T16:00", "oa", "chat")  # March has begun in the shop
    came(session, "2026-03-31T15:59", "oa")
    came(session, "2026-03-31T16:00", "oa")
    came(session, "2026-03-05T12:00", "chat", "oa")
    service.spend(session, ANYBODY, "oa", date(2026, 3, 9), 10_001)
    service.spend(session, ANYBODY, "oa", date(2026, 5, 1), 500)
    may, march = service.won(session, ANYBODY)
    assert (march.source, march.month, march.customers, march.each_fen) == ("oa", MARCH, 2, 5_000)
    assert (may.customers, may.each_fen) == (0, None)
    rule = reading.parse("获客成本等于 50 元，且获客来源是「oa」")
    assert first.id in session.scalars(querying.fitting(session, rule)).all()


def test_a_month_is_corrected_and_a_repeat_changes_nothing(session: Session) -> None:
    for fen in (1, 2, 2):
        service.spend(session, ANYBODY, "oa", MARCH, fen)
    assert session.exec(select(AcquisitionCost)).one().cost_fen == 2
    assert len(session.exec(select(AuditEntry)).all()) == 2


def test_is_for_those_who_set_up_the_shop(session: Session) -> None:
    actor = acting(a_staff(session, role=Role.MARKETER))
    with pytest.raises(Forbidden):
        service.spend(session, actor, "oa", MARCH, 1)
    with pytest.raises(Forbidden):
        service.won(session, actor)
    with pytest.raises(ValueError, match="-1"):
        service.spend(session, ANYBODY, "oa", MARCH, -1)
