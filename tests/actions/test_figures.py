from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlmodel import Session

from actions.figures import SegmentStats, StoreReport
from crm_core.authz import Role, system
from crm_core.clock import now, set_to
from crm_core.customers.models import Customer
from crm_core.figures import service as figures
from crm_core.orders.models import Order, OrderState
from crm_core.segments import reading
from crm_core.segments import service as segments
from crm_core.staff.models import Staff
from crm_core.stores.models import Store
from tests.actions.talk import Said, a_message, say
from tests.factories import a_customer, a_staff, a_store


@pytest.fixture(autouse=True)
def _in_spring() -> None:
    set_to(datetime(2026, 3, 12, 4, 0, tzinfo=UTC))  # noon in the shop


@pytest.fixture
def store(session: Session) -> Store:
    return a_store(session)


@pytest.fixture
def manager(session: Session, store: Store) -> Staff:
    return a_staff(session, "周敏", role=Role.MANAGER, store=store)


def a_buyer(session: Session, store: Store, days_ago: Sequence[int], fen: int = 100_00) -> Customer:
    """A customer of the shop with an order of `fen` on each of these days, at nine o'clock."""
    customer = a_customer(session, assistant=a_staff(session, store=store))
    for days in days_ago:
        buy(session, customer, fen, days=days)
    session.commit()
    return customer


def buy(
    session: Session, customer: Customer, fen: int, *, days: int,
    state: OrderState = OrderState.DONE,
) -> None:  # fmt: skip
    order = Order(
        order_no=f"DD{customer.id}-{days}-{fen}", customer_id=customer.id, state=state,
        store_id=customer.store_id, total_fen=fen, source="test",
        paid_at=now() - timedelta(days=days, hours=3),
    )  # fmt: skip
    session.add(order)
    figures.refresh(session, customer.id)
    session.commit()


def asked(session: Session, who: Staff, action: Any, **entities: Any) -> Said:
    return say(action, a_message(session, who), entities=entities)


class TestSegmentStats:
    def test_all_with_shares(self, session: Session, store: Store, manager: Staff) -> None:
        a_buyer(session, store, [1, 20, 30, 40, 50])
        for _ in range(2):
            a_buyer(session, store, [100])
        a_buyer(session, store, [10])
        a_buyer(session, store, [])
        a_buyer(session, a_store(session, "滨江店"), [10])
        said = asked(session, manager, SegmentStats).only
        assert (said["where"], said["total"]) == ("万达店", 5)
        assert said["lines"] == (
            "忠诚 1 位，占 20%\n沉睡 2 位，占 40%\n新客 1 位，占 20%\n流失 0 位，占 0%\n"
            "流失风险 0 位，占 0%\n潜力 0 位，占 0%\n活跃 0 位，占 0%\n还没买过 1 位，占 20%"
        )

    def test_the_named_ones(self, session: Session, store: Store, manager: Staff) -> None:
        a_buyer(session, store, [100])
        for _ in range(2):
            a_buyer(session, store, [10])
        said = asked(session, manager, SegmentStats, segment=["沉睡", "忠诚", "沉睡"]).only
        assert said["response"] == "utter_segments"
        assert said["parts"] == "沉睡 1 位，占 33.3%，忠诚 0 位，占 0%"

    def test_others_where_the_rules_leave_a_gap(
        self, session: Session, store: Store, manager: Staff
    ) -> None:
        a_buyer(session, store, [40])
        never = reading.parse("最近一次购买距今少于 0 天")
        segments.save(session, system("test"), "活跃", never, ref="1")
        session.commit()
        assert "其他 1 位，占 100%" in asked(session, manager, SegmentStats).only["lines"]

    def test_a_shop_without_customers(self, session: Session, manager: Staff) -> None:
        assert asked(session, manager, SegmentStats).names == ["utter_no_customers"]

    def test_headquarters_see_all_or_one_shop(self, session: Session, store: Store) -> None:
        marketer = a_staff(session, role=Role.MARKETER)
        a_buyer(session, store, [10])
        a_buyer(session, a_store(session, "滨江店"), [10])
        everything = asked(session, marketer, SegmentStats).only
        assert (everything["where"], everything["total"]) == ("全部门店", 2)
        one = asked(session, marketer, SegmentStats, store="滨江店").only
        assert (one["where"], one["total"]) == ("滨江店", 1)

    def test_no_other_shop_and_no_other_role(
        self, session: Session, store: Store, manager: Staff
    ) -> None:
        a_store(session, "滨江店")
        assert asked(session, manager, SegmentStats, store="滨江店").names == [
            "utter_error_forbidden"
        ]
        assert asked(session, a_staff(session), SegmentStats).names == ["utter_error_forbidden"]

    def test_an_unknown_segment(self, session: Session, manager: Staff) -> None:
        said = asked(session, manager, SegmentStats, segment="土豪").only
        assert (said["response"], said["name"]) == ("utter_error_unknown_segment", "土豪")


class TestStoreReport:
    def test_today_against_yesterday(self, session: Session, store: Store, manager: Staff) -> None:
        customer = a_buyer(session, store, [])
        for fen, days in ((1500_00, 0), (99_50, 0), (1000_00, 1)):
            buy(session, customer, fen, days=days)
        buy(session, customer, 5, days=0, state=OrderState.RETURNED)
        said = asked(session, manager, StoreReport).only
        assert (said["where"], said["when"]) == ("万达店", "今天")
        assert (said["sales"], said["orders"], said["average"]) == ("1,599.50", 2, "799.75")
        assert said["returned"] == "（另退货 1 单）"
        assert said["compared"] == "比昨天全天（1,000 元）多 60%。"

    def test_a_week_against_the_one_before(
        self, session: Session, store: Store, manager: Staff
    ) -> None:
        customer = a_buyer(session, store, [])
        for fen, days in ((300_00, 7), (400_00, 14)):
            buy(session, customer, fen, days=days)
        said = asked(session, manager, StoreReport, time="2026-03-02/2026-03-08").only
        assert (said["when"], said["sales"]) == ("3月2日至8日", "300")
        assert said["compared"] == "比2月23日至3月1日（400 元）少 25%。"

    def test_a_week_that_still_runs(self, session: Session, store: Store, manager: Staff) -> None:
        customer = a_buyer(session, store, [])
        for days in (0, 7):
            buy(session, customer, 300_00, days=days)
        said = asked(session, manager, StoreReport, time="2026-03-09/2026-03-15").only
        assert said["compared"] == "和3月2日至8日整段持平。"

    def test_a_quiet_day_after_a_quiet_day(self, session: Session, manager: Staff) -> None:
        said = asked(session, manager, StoreReport, time="2026-03-10").only
        assert (said["sales"], said["orders"], said["compared"]) == ("0", 0, "3月9日没有销售。")

    def test_only_managers(self, session: Session) -> None:
        assert asked(session, a_staff(session), StoreReport).names == ["utter_error_forbidden"]
