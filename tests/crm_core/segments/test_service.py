from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlmodel import Session, delete

from crm_core.authz import Forbidden, Role, system
from crm_core.clock import now, set_to
from crm_core.customers.models import Customer
from crm_core.orders.models import Order, OrderState
from crm_core.rules import service as rules
from crm_core.segments import service as segments
from crm_core.segments.service import Segment, UnknownSegment
from tests.factories import a_customer, a_staff, a_store, acting

ANYBODY = system("test")
LATE_EVENING = datetime(2026, 3, 12, 15, 50, tzinfo=UTC)  # 23:50 in the shop


@dataclass(frozen=True)
class Bought:
    days_ago: int
    minute: int  # of that day in the shop
    fen: int
    returned: bool = False


def buy(session: Session, customer: Customer, orders: Sequence[Bought]) -> None:
    midnight = LATE_EVENING.replace(hour=16, minute=0) - timedelta(days=1)  # of the shop's day
    for number, bought in enumerate(orders):
        moment = midnight + timedelta(days=-bought.days_ago, minutes=bought.minute)
        order = Order(
            order_no=f"{customer.id}-{number}",
            customer_id=customer.id,
            state=OrderState.RETURNED if bought.returned else OrderState.DONE,
            total_fen=bought.fen,
            paid_at=moment,
            source="test",
        )
        session.add(order)
    session.flush()


def evaluated(orders: Sequence[Bought]) -> Segment | None:
    """The shipped rules in plain Python."""
    kept = [bought for bought in orders if not bought.returned]
    if not kept:
        return None
    recency = min(bought.days_ago for bought in kept)
    recent = [bought for bought in kept if bought.days_ago <= 365]
    frequency, monetary = len(recent), sum(bought.fen for bought in recent)
    if recency < 15 and frequency >= 5 and monetary >= 500_00:
        return Segment.LOYAL
    if recency > 90 and frequency <= 2 and monetary < 300_00:
        return Segment.DORMANT
    if max(bought.days_ago for bought in kept) <= 30:
        return Segment.NEW
    return Segment.AT_RISK if recency > 45 else Segment.POTENTIAL


edges = st.sampled_from([0, 14, 15, 30, 31, 45, 46, 90, 91, 365, 366])
an_order = st.builds(
    Bought,
    days_ago=edges | st.integers(0, 500),
    minute=st.sampled_from([0, 1429]) | st.integers(0, 1429),
    fen=st.sampled_from([0, 9_999, 10_000, 29_999, 30_000, 50_000]) | st.integers(0, 60_000),
    returned=st.booleans(),
)


@pytest.mark.every_database
@settings(
    max_examples=15,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(st.lists(st.lists(an_order, max_size=7), max_size=12))
def test_sql_and_plain_python_agree(session: Session, shops: list[list[Bought]]) -> None:
    set_to(LATE_EVENING)
    session.exec(delete(Order))
    session.exec(delete(Customer))
    expected: dict[int, Segment | None] = {}
    for orders in shops:
        customer = Customer(member_since=now())
        session.add(customer)
        session.flush()
        buy(session, customer, orders)
        expected[customer.id] = evaluated(orders)
    for segment in Segment:
        wanted = [one for one, found in expected.items() if found is segment]
        assert segments.members(session, ANYBODY, segment) == wanted
    stats = segments.stats(session, ANYBODY)
    counted = Counter(expected.values())
    assert stats.total == len(expected)
    assert stats.never_bought == counted[None]
    assert stats.counts == {segment: counted[segment] for segment in Segment}


LOYAL = [Bought(days, 600, 10_000) for days in (1, 20, 40, 60, 80)]
DORMANT = [Bought(100, 600, 20_000)]


def test_a_changed_rule_counts_at_once(session: Session) -> None:
    set_to(LATE_EVENING)
    customer = a_customer(session)
    buy(session, customer, LOYAL[:4])
    assert segments.members(session, ANYBODY, Segment.LOYAL) == []
    rule = {"recency_days_below": 15, "frequency_from": 4, "monetary_fen_from": 40_000}
    rules.put(session, ANYBODY, "segment.loyal", rule)
    assert segments.members(session, ANYBODY, Segment.LOYAL) == [customer.id]


def test_rules_with_a_gap_leave_some_in_no_segment(session: Session) -> None:
    set_to(LATE_EVENING)
    buy(session, a_customer(session), [Bought(40, 0, 1), Bought(60, 0, 1)])
    rules.put(session, ANYBODY, "segment.potential", {"recency_days_up_to": 20})
    stats = segments.stats(session, ANYBODY)
    assert (stats.total, sum(stats.counts.values())) == (1, 0)


class TestScope:
    def test_a_manager_counts_the_own_shop_only(self, session: Session) -> None:
        set_to(LATE_EVENING)
        here, there = a_store(session), a_store(session, "滨江店")
        ours = a_customer(session, assistant=a_staff(session, store=here))
        theirs = a_customer(session, assistant=a_staff(session, store=there))
        buy(session, ours, LOYAL)
        buy(session, theirs, LOYAL)
        manager = acting(a_staff(session, role=Role.MANAGER, store=here))
        assert segments.members(session, manager, Segment.LOYAL) == [ours.id]
        stats = segments.stats(session, manager)
        assert (stats.total, stats.share(Segment.LOYAL)) == (1, 1.0)
        with pytest.raises(Forbidden):
            segments.stats(session, manager, store_id=there.id)

    def test_headquarters_may_ask_for_one_shop(self, session: Session) -> None:
        set_to(LATE_EVENING)
        store = a_store(session)
        ours = a_customer(session, assistant=a_staff(session, store=store))
        buy(session, ours, DORMANT)
        buy(session, a_customer(session), DORMANT)
        marketer = acting(a_staff(session, role=Role.MARKETER))
        found = segments.members(session, marketer, Segment.DORMANT, store_id=store.id)
        assert found == [ours.id]
        assert segments.stats(session, marketer).counts[Segment.DORMANT] == 2

    def test_assistants_see_none(self, session: Session) -> None:
        with pytest.raises(Forbidden):
            segments.stats(session, acting(a_staff(session)))

    def test_a_manager_without_a_shop_sees_none(self, session: Session) -> None:
        with pytest.raises(Forbidden):
            segments.stats(session, acting(a_staff(session, role=Role.MANAGER)))

    def test_somebody_who_only_wrote_to_us_is_not_counted(self, session: Session) -> None:
        a_customer(session)
        stats = segments.stats(session, ANYBODY)
        assert (stats.total, stats.share(Segment.LOYAL)) == (0, 0.0)


def test_segments_have_names() -> None:
    assert segments.named("沉睡") is Segment.DORMANT
    with pytest.raises(UnknownSegment) as unknown:
        segments.named("土豪")
    assert "忠诚" in str(unknown.value.values["known"])
