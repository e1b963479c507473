from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from sqlmodel import Session

from crm_core import clock
from crm_core.authz import Forbidden
from crm_core.coupons import service as coupons
from crm_core.coupons.errors import CouponUnusable
from crm_core.coupons.models import Coupon
from crm_core.customers.models import Customer
from crm_core.db import unit_of_work
from crm_core.points import service as points
from crm_core.points.models import Cause
from crm_core.points.service import InsufficientPoints
from crm_core.rewards import service as rewards
from crm_core.rewards.models import Redemption
from crm_core.rewards.service import NewReward, RewardNotFound, RewardUnavailable
from tests.crm_core.coupons.kinds import SHOP, a_basket, a_kind
from tests.factories import a_customer, themselves


def a_reward(session: Session, **more: Any) -> None:
    """A coupon of ten yuan for a hundred points."""
    a_kind(session)
    values = {"code": "scarf", "title": "围巾", "points": 100, "coupon": "ten-off"} | more
    rewards.put(session, SHOP, NewReward(**values))
    session.commit()


def a_rich_customer(session: Session, number: int = 500) -> Customer:
    customer = a_customer(session)
    points.earn(session, SHOP, customer.id, points.Lot(number, Cause.GIFT), ref="gift")
    session.commit()
    return customer


def redeemed(session: Session, customer: Customer, ref: str = "r1") -> Redemption:
    return rewards.redeem(session, themselves(customer), customer.id, "scarf", ref=ref)


def test_points_go_and_a_coupon_comes_once(session: Session) -> None:
    a_reward(session)
    customer = a_rich_customer(session)
    assert redeemed(session, customer) == redeemed(session, customer)
    assert points.balance(session, customer.id) == 400
    ((coupon, _),) = coupons.usable(session, themselves(customer), customer.id)
    assert coupon.note == "围巾"


def test_what_was_exchanged_for_points_pays_in_the_shop_and_online(session: Session) -> None:
    a_reward(session)
    customer = a_rich_customer(session)
    for order_no, store in (("DD1", "S1"), ("DD2", None)):
        coupon = session.get_one(Coupon, redeemed(session, customer, order_no).coupon_id)
        held = coupons.reserve(
            session, SHOP, [coupon.number], a_basket(store=store), order_no=order_no, ref=order_no
        )
        assert held.off_fen == 1000


def test_too_few_points(session: Session) -> None:
    a_reward(session)
    with pytest.raises(InsufficientPoints):
        redeemed(session, a_rich_customer(session, 99))


def test_each_customer_has_a_share_which_a_cancelled_one_does_not_use(session: Session) -> None:
    a_reward(session, per_customer=1)
    customer = a_rich_customer(session)
    first = redeemed(session, customer)
    with pytest.raises(RewardUnavailable):
        redeemed(session, customer, "r2")
    assert rewards.open_to(session, SHOP, customer.id) == []
    rewards.cancel(session, SHOP, first.id, ref="x")
    redeemed(session, customer, "r3")


@pytest.mark.parametrize(
    "closed",
    [
        {"tiers": ("金卡",)},
        {"opens_at": clock.now() + timedelta(days=1)},
        {"closes_at": clock.now() - timedelta(days=1)},
        {"stock": 0},
    ],
)
def test_not_open_to_them(session: Session, closed: dict[str, Any]) -> None:
    a_reward(session, **closed)
    with pytest.raises(RewardUnavailable):
        redeemed(session, a_rich_customer(session))


def test_cancelled_the_points_are_back_in_their_lot_and_the_coupon_is_gone(
    session: Session,
) -> None:
    a_reward(session)
    customer = a_rich_customer(session)
    made = redeemed(session, customer)
    for _ in range(2):
        rewards.cancel(session, SHOP, made.id, ref="x")
    assert points.balance(session, customer.id) == 500
    assert coupons.usable(session, SHOP, customer.id) == []


def test_what_was_used_cannot_be_cancelled(session: Session) -> None:
    a_reward(session)
    customer = a_rich_customer(session)
    made = redeemed(session, customer)
    number = session.get_one(Coupon, made.coupon_id).number
    coupons.reserve(session, SHOP, [number], a_basket(), order_no="DD1", ref="r")
    with pytest.raises(CouponUnusable):
        rewards.cancel(session, SHOP, made.id, ref="x")


def test_nobody_cancels_for_themselves(session: Session) -> None:
    a_reward(session)
    customer = a_rich_customer(session)
    made = redeemed(session, customer)
    with pytest.raises(Forbidden):
        rewards.cancel(session, themselves(customer), made.id, ref="x")


def test_unknown_ones(session: Session) -> None:
    with pytest.raises(RewardNotFound):
        rewards.redeem(session, SHOP, a_rich_customer(session).id, "none", ref="r")
    with pytest.raises(RewardNotFound):
        rewards.cancel(session, SHOP, 404, ref="r")


@pytest.mark.every_database
def test_of_many_at_once_no_more_are_redeemed_than_there_are(session: Session) -> None:
    a_reward(session, stock=5)
    people = [a_rich_customer(session).id for _ in range(16)]

    def take(customer_id: int) -> bool:
        try:
            with unit_of_work() as work:
                rewards.redeem(work, SHOP, customer_id, "scarf", ref="r1")
        except RewardUnavailable:
            return False
        return True

    with ThreadPoolExecutor(16) as threads:
        assert list(threads.map(take, people)).count(True) == 5
    assert sum(points.balance(session, each) for each in people) == 16 * 500 - 5 * 100
