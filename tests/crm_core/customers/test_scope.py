import pytest
from sqlmodel import Session, select

from crm_core.authz import Actor, Role
from crm_core.customers.models import Customer
from crm_core.customers.scope import within
from tests.factories import a_customer, a_staff, a_store


@pytest.mark.parametrize("role", list(Role))
@pytest.mark.parametrize("number", [1, None])
def test_a_query_finds_whom_the_actor_sees(
    session: Session, role: Role, number: int | None
) -> None:
    for name in ("万达店", "滨江店"):
        a_customer(session, assistant=a_staff(session, store=a_store(session, name)))
    a_customer(session)
    actor = Actor("test", role, customer_id=number, staff_id=number, store_id=number)
    found = session.exec(select(Customer).where(within(actor))).all()
    everybody = session.exec(select(Customer)).all()
    assert len(everybody) == 3
    assert list(found) == [customer for customer in everybody if actor.sees(customer)]
