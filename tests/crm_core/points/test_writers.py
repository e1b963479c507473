"""Sixteen at once on one customer: nothing is lost, and nobody is told of a deadlock."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from sqlmodel import Session, col, select

from crm_core import clock
from crm_core.authz import system
from crm_core.checkins import service as checkins
from crm_core.coupons import service as coupons
from crm_core.coupons.errors import CouponUnusable
from crm_core.coupons.models import CouponState, CouponStep
from crm_core.customers.models import Customer
from crm_core.db import unit_of_work
from crm_core.points import service as points
from crm_core.points.models import Cause, PointsEntry
from crm_core.rewards import service as rewards
from crm_core.rewards.service import NewReward
from crm_core.tiers import service as tiers
from tests.crm_core.coupons.kinds import a_basket, a_kind
from tests.crm_core.points.ledgers import read
from tests.factories import a_customer

SHOP = system("test")


def someone_with_points_and_a_coupon(session: Session) -> tuple[Customer, str]:
    customer = a_customer(session)
    a_kind(session)
    rewards.put(session, SHOP, NewReward(code="r", title="券", points=10, coupon="ten-off"))
    points.earn(session, SHOP, customer.id, points.Lot(1000, Cause.GIFT), ref="gift")
    number = coupons.issue(session, SHOP, customer.id, "ten-off", ref="one").number
    session.commit()
    return customer, number


@pytest.mark.every_database
def test_sixteen_writers_of_one_ledger_lose_nothing(session: Session) -> None:
    customer, number = someone_with_points_and_a_coupon(session)

    def deal(n: int) -> int:
        """Everything that can happen to a ledger at a till; returns 1 if the coupon was had."""
        soon = clock.now() + timedelta(days=1)
        with unit_of_work() as work:
            lot = points.Lot(7, Cause.PURCHASE, expires_at=soon)
            points.earn(work, SHOP, customer.id, lot, ref=f"order:{n}")
            points.spend(work, SHOP, customer.id, 20, note="", ref=f"pay:{n}")
        with unit_of_work() as work:
            points.reverse(work, SHOP, customer.id, earned_by=f"order:{n}", note="", ref=f"r:{n}")
            points.restore(work, SHOP, customer.id, spent_by=f"pay:{n}", note="", ref=f"b:{n}")
            tiers.reassess(work, SHOP, customer.id, ref=f"t:{n}")
        with unit_of_work() as work:
            checkins.check_in(work, SHOP, customer.id, ref=f"m:{n}")
            rewards.redeem(work, SHOP, customer.id, "r", ref=f"x:{n}")
        try:
            with unit_of_work() as work:
                coupons.reserve(work, SHOP, [number], a_basket(), order_no=f"D{n}", ref="r")
                coupons.confirm(work, SHOP, f"D{n}", ref="c")
        except CouponUnusable:
            return 0
        return 1

    with ThreadPoolExecutor(16) as threads:
        assert sum(threads.map(deal, range(16))) == 1
    ledger = read(customer.id)
    ledger.check()
    assert ledger.moved() == 1000 + 5 - 16 * 10
    assert points.balance(session, customer.id) == ledger.moved()
    entries = select(PointsEntry).where(PointsEntry.customer_id == customer.id)
    assert len(session.exec(entries).all()) == 1 + 4 * 16 + 1 + 16
    used = select(CouponStep).where(col(CouponStep.state) == CouponState.REDEEMED)
    assert len(session.exec(used).all()) == 1


@pytest.mark.every_database
def test_sixteen_repeats_of_one_movement_move_once(session: Session) -> None:
    customer = a_customer(session)
    session.commit()

    def earn(_: int) -> int:
        with unit_of_work() as work:
            lot = points.Lot(50, Cause.VOTE)
            return points.earn(work, SHOP, customer.id, lot, ref="poll:1").id

    with ThreadPoolExecutor(16) as threads:
        assert len(set(threads.map(earn, range(16)))) == 1
    assert points.balance(session, customer.id) == 50
