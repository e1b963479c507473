"""A coupon is never used twice, whatever tills, timeouts, returns and retries do."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test
from sqlmodel import col, select

from crm_core import clock
from crm_core.coupons import jobs
from crm_core.coupons import service as coupons
from crm_core.coupons.errors import CouponUnusable, ReservationConflict
from crm_core.coupons.models import CouponState, CouponStep
from crm_core.db import reading, unit_of_work
from tests.crm_core.coupons.kinds import SHOP, a_basket, a_kind
from tests.databases import Database
from tests.factories import a_customer

FEW, MANY, STEPS = 6, 25, 25
_NEXT = {
    None: {CouponState.ISSUED},
    CouponState.ISSUED: {CouponState.RESERVED, CouponState.EXPIRED, CouponState.REVOKED},
    CouponState.RESERVED: {
        CouponState.REDEEMED, CouponState.RELEASED, CouponState.RESERVED, CouponState.REVOKED,
    },
    CouponState.RELEASED: {CouponState.RESERVED, CouponState.EXPIRED, CouponState.REVOKED},
    CouponState.REDEEMED: {CouponState.RETURNED},
    CouponState.RETURNED: {CouponState.RESERVED, CouponState.EXPIRED, CouponState.REVOKED},
    CouponState.EXPIRED: set(),
    CouponState.REVOKED: set(),
}  # fmt: skip
orders = st.integers(1, 4).map(lambda n: f"DD{n}")


class CouponMachine(RuleBasedStateMachine):
    """One customer with two coupons that stack, and four orders that want them."""

    def __init__(self) -> None:
        super().__init__()
        self.at = datetime(2026, 1, 1, tzinfo=UTC)
        with clock.standing_at(self.at), unit_of_work() as session:
            customer = a_customer(session, None)
            self.held = []
            for code in ("machine-a", "machine-b"):
                a_kind(session, code, stacks=True, valid_days=2)
                self.held.append(coupons.issue(session, SHOP, customer.id, code, ref=code))
        self.salt = f"-{customer.id}"
        self.reserved: dict[str, datetime] = {}  # orders with the end of their reservation
        self.paid: dict[str, set[str]] = {}  # orders with the coupons they were paid with

    @rule(order=orders, which=st.sets(st.integers(0, 1), min_size=1))
    def reserve(self, order: str, which: set[int]) -> None:
        numbers = [self.held[n].number for n in sorted(which)]
        try:
            with clock.standing_at(self.at), unit_of_work() as session:
                held = coupons.reserve(
                    session, SHOP, numbers, a_basket(), order_no=order + self.salt, ref="r"
                )
        except (CouponUnusable, ReservationConflict):
            return
        if order not in self.paid:
            assert held.until is not None
            assert held.until > self.at
            self.reserved[order] = held.until

    @rule(order=orders)
    def confirm(self, order: str) -> None:
        try:
            with clock.standing_at(self.at), unit_of_work() as session:
                done = coupons.confirm(session, SHOP, order + self.salt, ref="c")
        except ReservationConflict:
            assert order not in self.paid
            assert self.reserved.pop(order, self.at) <= self.at
            return
        self.reserved.pop(order, None)
        used = set(done.by_number)
        elsewhere = [numbers for other, numbers in self.paid.items() if other != order]
        assert not any(used & numbers for numbers in elsewhere)
        assert self.paid.setdefault(order, used) == used

    @rule(order=orders)
    def release(self, order: str) -> None:
        with clock.standing_at(self.at), unit_of_work() as session:
            freed = coupons.release(session, SHOP, order + self.salt, ref="l")
        self.reserved.pop(order, None)
        assert not (freed and order in self.paid)

    @rule(order=orders)
    def goods_come_back(self, order: str) -> None:
        with clock.standing_at(self.at), unit_of_work() as session:
            back = coupons.give_back(session, SHOP, order + self.salt, ref="b")
        assert back == len(self.paid.pop(order, ()))

    @rule(which=st.integers(0, 1))
    def revoke(self, which: int) -> None:
        try:
            with clock.standing_at(self.at), unit_of_work() as session:
                coupons.revoke(session, SHOP, self.held[which].number, ref="v")
        except CouponUnusable:
            pass

    @rule(minutes=st.sampled_from([1, 14, 15, 600]))
    def time_passes(self, minutes: int) -> None:
        self.at += timedelta(minutes=minutes)

    @rule()
    def cron_runs(self) -> None:
        with clock.standing_at(self.at):
            jobs.release_overdue()
            jobs.write_off_expired()

    @invariant()
    def every_step_follows_from_the_one_before(self) -> None:
        with reading() as session:
            for coupon in self.held:
                of_it = select(CouponStep).where(CouponStep.coupon_id == coupon.id)
                before = None
                for number, step in enumerate(session.exec(of_it.order_by(col(CouponStep.number)))):
                    assert step.number == number + 1
                    assert step.state in _NEXT[before]
                    before = step.state
                paying = any(coupon.number in numbers for numbers in self.paid.values())
                assert (before is CouponState.REDEEMED) is paying


@pytest.mark.every_database
@pytest.mark.usefixtures("engine")
def test_a_coupon_is_never_used_twice(database: Database) -> None:
    effort = MANY if database.name == "sqlite" else FEW
    run_state_machine_as_test(
        CouponMachine,
        settings=settings(
            max_examples=effort, stateful_step_count=STEPS, deadline=None,
            suppress_health_check=[HealthCheck.too_slow], phases=[Phase.generate],
        ),
    )  # fmt: skip
