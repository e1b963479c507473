from datetime import UTC, datetime, timedelta

import pytest
from sqlmodel import Session

from crm_core.authz import Forbidden, Role, system
from crm_core.customers.models import Customer
from crm_core.orders.models import Order, OrderState
from crm_core.ratings.models import Aspect, Rating
from crm_core.reports import service as reports
from crm_core.stores.models import Store
from crm_core.tickets.models import ComplaintType, Ticket
from tests.factories import a_customer, a_staff, a_store, acting

DAY = datetime(2026, 3, 11, 16, 0, tzinfo=UTC)  # the 12th begins in the shop
NEXT = DAY + timedelta(days=1)


def sold(
    session: Session,
    customer: Customer,
    fen: int,
    at: datetime,
    *,
    store: Store | None = None,
    state: OrderState = OrderState.DONE,
    refunded: int = 0,
) -> None:
    number = f"DD{customer.id}-{at.timestamp()}-{fen}"
    order = Order(
        order_no=number, customer_id=customer.id, store_id=store.id if store else None, state=state,
        total_fen=fen, refunded_fen=refunded, paid_at=at, source="test",
    )  # fmt: skip
    session.add(order)
    session.flush()


@pytest.mark.every_database
def test_counts_what_happened_in_the_shop_in_that_time(session: Session) -> None:
    store, other = a_store(session), a_store(session, "滨江店")
    customer = a_customer(session, assistant=a_staff(session, store=store))
    for fen, at in ((50_00, DAY), (51_01, NEXT - timedelta(microseconds=1)), (999, NEXT)):
        sold(session, customer, fen, at, store=store)
    sold(session, customer, 80_00, DAY, store=store, refunded=30_00)  # in part
    sold(session, customer, 777, DAY, store=store, state=OrderState.RETURNED)
    sold(session, customer, 555, DAY, store=other)
    sold(session, customer, 444, DAY)
    customer.member_since = DAY
    session.add(
        Ticket(
            customer_id=customer.id, type=ComplaintType.QUALITY, description="开线",
            store_id=store.id, opened_by="customer:1", ref="t1", opened_at=DAY,
        )
    )  # fmt: skip
    for score in (1, 2, 3):
        session.add(
            Rating(
                customer_id=customer.id, aspect=Aspect.SERVICE, score=score, store_id=store.id,
                ref=f"r{score}", at=DAY,
            )
        )  # fmt: skip
    session.flush()
    manager = acting(a_staff(session, role=Role.MANAGER, store=store))
    report = reports.of_store(session, manager, DAY, NEXT)
    assert report == reports.Report(151_01, 3, 1, 1, 1, 2)
    assert report.average_fen == 5034
    chain = reports.of_store(session, system("test"), DAY, NEXT)
    assert (chain.sales_fen, chain.orders) == (151_01 + 555 + 444, 5)


def test_a_quiet_day(session: Session) -> None:
    report = reports.of_store(session, system("test"), DAY, NEXT)
    assert report == reports.Report(0, 0, 0, 0, 0, 0)
    assert report.average_fen == 0


@pytest.mark.parametrize("role", [Role.ASSISTANT, Role.MARKETER, Role.SERVICE])
def test_only_managers_see_figures(session: Session, role: Role) -> None:
    with pytest.raises(Forbidden):
        reports.of_store(session, acting(a_staff(session, role=role)), DAY, NEXT)


def test_a_manager_sees_no_other_shop(session: Session) -> None:
    manager = acting(a_staff(session, role=Role.MANAGER, store=a_store(session)))
    with pytest.raises(Forbidden):
        reports.of_store(session, manager, DAY, NEXT, store_id=99)
