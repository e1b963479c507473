from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlmodel import Session, select

from crm_core import clock
from crm_core.authz import Forbidden, system
from crm_core.customers.models import Customer, Tier
from crm_core.db import unit_of_work
from crm_core.orders import finding
from crm_core.orders import service as orders
from crm_core.orders.models import Order, OrderLine, OrderState
from crm_core.orders.returning import NewReturn
from crm_core.orders.service import NewLine, NewOrder
from crm_core.points import jobs as points_jobs
from crm_core.points import service as points
from crm_core.points.models import Cause, PointsEntry
from crm_core.rules import service as rules
from crm_core.sales import service as sales
from crm_core.timeline import service as timeline
from crm_core.timeline.models import EventKind
from tests.factories import a_customer, a_product, a_staff, acting, themselves

TILL = system("till")


def bought(customer: Customer, *lines: NewLine, days_ago: int = 0, **more: Any) -> NewOrder:
    lines = lines or (NewLine("风衣", 32050),)
    return NewOrder(customer.id, clock.now() - timedelta(days=days_ago), lines, **more)


class TestRecord:
    def test_gives_a_point_for_every_full_yuan_until_the_return_window_ends(
        self, session: Session
    ) -> None:
        customer = a_customer(session)
        sales.record_sale(session, TILL, bought(customer), ref="DD1")
        standing = points.standing(session, themselves(customer), customer.id)
        assert (standing.available, standing.held) == (0, 320)
        assert standing.latest is not None
        assert standing.latest.note == "订单 DD1"

    def test_points_are_free_a_week_and_gone_a_year_after_the_payment(
        self, session: Session
    ) -> None:
        customer = a_customer(session)
        order = sales.record_sale(session, TILL, bought(customer), ref="DD1")
        entry = session.exec(select(PointsEntry)).one()
        assert entry.available_at == order.paid_at + timedelta(days=7)
        assert entry.expires_at is not None
        paid, expires = clock.local(order.paid_at), clock.local(entry.expires_at)
        assert (expires.year, expires.month) == (paid.year + 1, paid.month)

    @pytest.mark.every_database
    def test_a_repeated_number_is_the_same_order(self, session: Session) -> None:
        customer = a_customer(session)
        a_product(session, "双面呢大衣", article_no="A2031")
        new = bought(customer, NewLine("A2031", 99900, size="M", color="驼色"))
        first = sales.record_sale(session, TILL, new, ref="DD1")
        session.commit()
        assert sales.record_sale(session, TILL, new, ref="DD1") == first
        assert len(session.exec(select(OrderLine)).all()) == 1
        assert len(session.exec(select(PointsEntry)).all()) == 1

    @pytest.mark.parametrize(
        "other",
        [{"total_fen": 1}, {"paid_at": datetime.fromisoformat("2026-01-01T00:00:00+08:00")},
         {"lines": (NewLine("大衣", 32050),)}],
    )  # fmt: skip
    def test_a_number_with_other_contents_is_a_conflict(
        self, session: Session, other: dict[str, Any]
    ) -> None:
        new = bought(a_customer(session))
        sales.record_sale(session, TILL, new, ref="DD1")
        with pytest.raises(orders.OrderConflict):
            sales.record_sale(session, TILL, replace(new, **other), ref="DD1")

    @pytest.mark.every_database
    def test_of_many_customers_one_gets_the_number(self, session: Session) -> None:
        buyers = [a_customer(session, name) for name in ("林晓月", "赵敏", "王芳", "李娜")]

        def buy(customer: Customer) -> bool:
            try:
                with unit_of_work() as work:
                    sales.record_sale(work, TILL, bought(customer), ref="DD1")
            except orders.OrderConflict:
                return False
            return True

        with ThreadPoolExecutor(4) as threads:
            assert list(threads.map(buy, buyers)).count(True) == 1
        assert len(session.exec(select(Order)).all()) == 1

    def test_goods_are_kept_as_the_catalogue_knows_them(self, session: Session) -> None:
        product = a_product(session, "双面呢大衣", article_no="A2031", category="大衣")
        new = bought(
            a_customer(session), NewLine("A2031", 99900, 2, size="M"), NewLine("丝巾", 100)
        )
        order = sales.record_sale(session, TILL, new, ref="DD1")
        known, unknown = session.exec(select(OrderLine)).all()
        assert (known.product_id, known.product_name, known.category) == (
            product.id, "双面呢大衣", "大衣",
        )  # fmt: skip
        assert (unknown.product_id, unknown.product_name) == (None, "丝巾")
        assert order.total_fen == 2 * 99900 + 100

    def test_the_timeline_tells_what_was_bought(self, session: Session) -> None:
        customer = a_customer(session)
        sales.record_sale(
            session, TILL, bought(customer, NewLine("丝巾", 100, color="藏青")), ref="DD1"
        )
        (event,) = timeline.latest(session, customer.id, EventKind.PURCHASE)
        assert event.data is not None
        assert event.data["order_no"] == "DD1"
        assert event.data["items"][0]["color"] == "藏青"

    def test_history_taken_over_gives_no_points(self, session: Session) -> None:
        customer = a_customer(session)
        sales.record_sale(session, TILL, bought(customer, earns=False), ref="DD1")
        assert session.exec(select(PointsEntry)).all() == []

    def test_less_than_a_yuan_gives_no_points(self, session: Session) -> None:
        sales.record_sale(
            session, TILL, bought(a_customer(session), NewLine("纽扣", 99)), ref="DD1"
        )
        assert session.exec(select(PointsEntry)).all() == []

    def test_an_assistant_records_no_orders(self, session: Session) -> None:
        assistant = a_staff(session)
        customer = a_customer(session, assistant=assistant)
        with pytest.raises(Forbidden):
            sales.record_sale(session, acting(assistant), bought(customer), ref="DD1")

    @pytest.mark.parametrize(
        "nonsense",
        [{"lines": ()}, {"lines": (NewLine("x", 1, 0),)}, {"lines": (NewLine("x", -1),)},
         {"total_fen": -1}],
    )  # fmt: skip
    def test_nonsense_is_a_bug_of_the_caller(
        self, session: Session, nonsense: dict[str, Any]
    ) -> None:
        new = replace(bought(a_customer(session)), **nonsense)
        with pytest.raises(ValueError, match=r"\(|-1"):
            sales.record_sale(session, TILL, new, ref="DD1")


class TestTier:
    def test_rises_with_the_spending_of_a_year(self, session: Session) -> None:
        customer = a_customer(session)
        for number, tier in enumerate([Tier.MEMBER, Tier.SILVER, Tier.SILVER], 1):
            sales.record_sale(
                session, TILL, bought(customer, NewLine("大衣", 60000)), ref=f"DD{number}"
            )
            assert customer.tier == tier

    def test_older_spending_does_not_count(self, session: Session) -> None:
        customer = a_customer(session)
        sales.record_sale(
            session, TILL, bought(customer, NewLine("皮草", 900000), days_ago=366), ref="DD1"
        )
        assert customer.tier == Tier.MEMBER

    def test_a_purchase_never_lowers_it(self, session: Session) -> None:
        customer = a_customer(session)
        customer.tier = Tier.GOLD  # as taken over from another system
        sales.record_sale(session, TILL, bought(customer), ref="DD1")
        assert customer.tier == Tier.GOLD

    def test_a_return_takes_back_the_tier_that_it_earned(self, session: Session) -> None:
        customer = a_customer(session)
        sales.record_sale(session, TILL, bought(customer, NewLine("皮草", 900000)), ref="DD1")
        before = customer.tier
        sales.record_return(session, TILL, NewReturn("DD1"), ref="r1")
        assert [before, customer.tier] == [Tier.GOLD, Tier.MEMBER]

    def test_a_return_leaves_a_tier_that_was_given(self, session: Session) -> None:
        customer = a_customer(session)
        customer.tier = Tier.GOLD
        sales.record_sale(session, TILL, bought(customer), ref="DD1")
        sales.record_return(session, TILL, NewReturn("DD1"), ref="r1")
        assert customer.tier == Tier.GOLD


class TestReturned:
    def test_reverses_the_points_once(self, session: Session) -> None:
        customer = a_customer(session)
        sales.record_sale(session, TILL, bought(customer, days_ago=8), ref="DD1")
        assert points.balance(session, customer.id) == 320
        for ref in ("r1", "r1", "r2"):
            sales.record_return(session, TILL, NewReturn("DD1"), ref=ref)
        assert session.exec(select(Order)).one().state is OrderState.RETURNED
        assert points.balance(session, customer.id) == 0
        assert len(timeline.latest(session, customer.id, EventKind.RETURN)) == 1

    def test_points_spent_already_are_owed(self, session: Session) -> None:
        customer = a_customer(session)
        sales.record_sale(session, TILL, bought(customer, days_ago=8), ref="DD1")
        points.spend(session, TILL, customer.id, 300, note="券", ref="s1")
        sales.record_return(session, TILL, NewReturn("DD1"), ref="r1")
        assert points.balance(session, customer.id) == -300

    def test_points_on_hold_leave_without_a_debt_between(self, session: Session) -> None:
        customer = a_customer(session)
        sales.record_sale(session, TILL, bought(customer), ref="DD1")
        sales.record_return(session, TILL, NewReturn("DD1"), ref="r1")
        standing = points.standing(session, themselves(customer), customer.id)
        assert (standing.available, standing.held) == (0, 0)

    def test_points_that_expired_are_not_taken_twice(self, session: Session) -> None:
        customer = a_customer(session)
        sales.record_sale(session, TILL, bought(customer, days_ago=400), ref="DD1")
        session.commit()
        points_jobs.write_off_expired()
        sales.record_return(session, TILL, NewReturn("DD1"), ref="r1")
        assert points.balance(session, customer.id) == 0

    def test_an_order_without_points_can_be_returned(self, session: Session) -> None:
        customer = a_customer(session)
        sales.record_sale(session, TILL, bought(customer, earns=False), ref="DD1")
        sales.record_return(session, TILL, NewReturn("DD1"), ref="r1")
        assert points.balance(session, customer.id) == 0

    def test_an_unknown_number(self, session: Session) -> None:
        with pytest.raises(orders.OrderNotFound):
            sales.record_return(session, TILL, NewReturn("DD404"), ref="r1")


class TestLastPurchases:
    def test_are_newest_first_and_without_returns(self, session: Session) -> None:
        customer = a_customer(session)
        for days, name in ((3, "风衣"), (2, "大衣"), (1, "毛衣")):
            sales.record_sale(
                session, TILL, bought(customer, NewLine(name, 100), days_ago=days), ref=name
            )
        sales.record_return(session, TILL, NewReturn("毛衣"), ref="r1")
        found = finding.last_purchases(session, TILL, customer.id)
        assert [purchase.line.product_name for purchase in found] == ["大衣", "风衣"]

    @pytest.mark.every_database
    def test_of_a_category_or_a_product(self, session: Session) -> None:
        customer = a_customer(session)
        a_product(session, "羊毛双面呢大衣", article_no="A2031", category="大衣")
        lines = NewLine("A2031", 100, size="M"), NewLine("丝巾_藏青", 100)
        sales.record_sale(session, TILL, bought(customer, *lines), ref="DD1")

        def names(**asked: str) -> list[str]:
            found = finding.last_purchases(session, TILL, customer.id, **asked)  # type: ignore[arg-type]
            return [purchase.line.product_name for purchase in found]

        assert names(category="大衣") == ["羊毛双面呢大衣"]
        assert names(product="羊毛大衣") == ["羊毛双面呢大衣"]
        assert names(product="_藏青") == ["丝巾_藏青"]
        assert names(category="风衣") == []

    def test_of_somebody_elses_customer(self, session: Session) -> None:
        customer = a_customer(session)
        with pytest.raises(Forbidden):
            finding.last_purchases(session, acting(a_staff(session)), customer.id)


@given(
    sums_fen=st.lists(st.integers(0, 10_000_000), min_size=1, max_size=6),
    per_yuan=st.integers(0, 5),
    back=st.sets(st.integers(0, 5)),
)
@settings(
    max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_the_balance_is_what_the_kept_orders_earned(
    session: Session, sums_fen: list[int], per_yuan: int, back: set[int]
) -> None:
    rules.put(session, TILL, "points.per_yuan", per_yuan)
    customer = a_customer(session)
    spent = 0
    for number, total_fen in enumerate(sums_fen):
        new = bought(customer, total_fen=total_fen, days_ago=8)
        sales.record_sale(session, TILL, new, ref=f"{customer.id}-{number}")
        spent += total_fen * per_yuan // 100
        if number in back:
            sales.record_return(
                session, TILL, NewReturn(f"{customer.id}-{number}"), ref=f"r{customer.id}-{number}"
            )
            spent -= total_fen * per_yuan // 100
    assert points.balance(session, customer.id) == spent
    entries = session.exec(select(PointsEntry).where(PointsEntry.customer_id == customer.id)).all()
    assert all(entry.cause in {Cause.PURCHASE, Cause.REVERSAL} for entry in entries)
