from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy.exc import IntegrityError
from sqlmodel import Session, select

from crm_core import clock
from crm_core.authz import Forbidden
from crm_core.coupons import jobs, kinds, steps
from crm_core.coupons import service as coupons
from crm_core.coupons.errors import (
    CouponKindNotFound,
    CouponNotFound,
    CouponUnusable,
    NoneLeft,
    ReservationConflict,
    Unfit,
)
from crm_core.coupons.kinds import BadCouponKind
from crm_core.coupons.models import Coupon, CouponState, CouponStep, Off, Place
from crm_core.db import unit_of_work
from crm_core.timeline import service as timeline
from crm_core.timeline.models import EventKind
from tests.crm_core.coupons.kinds import SHOP, a_basket, a_kind
from tests.factories import a_customer, a_staff, acting, themselves


@pytest.fixture
def coupon(session: Session) -> Coupon:
    """Ten yuan off, for 林晓月."""
    a_kind(session)
    return issued(session, a_customer(session).id)


def issued(session: Session, customer_id: int, code: str = "ten-off", ref: str = "i1") -> Coupon:
    made = coupons.issue(session, SHOP, customer_id, code, ref=ref)
    session.commit()
    return made


def reserved(session: Session, *made: Coupon, order_no: str = "DD1", **more: Any) -> int:
    numbers = [each.number for each in made]
    basket = more.get("basket", a_basket())
    held = coupons.reserve(session, SHOP, numbers, basket, order_no=order_no, ref=f"r:{order_no}")
    session.commit()
    return held.off_fen


def states(session: Session, coupon: Coupon) -> list[CouponState]:
    of_it = select(CouponStep).where(CouponStep.coupon_id == coupon.id)
    return [step.state for step in session.exec(of_it.order_by(CouponStep.number))]  # type: ignore[arg-type]


class TestIssue:
    def test_a_repeated_ref_issues_one(self, session: Session, coupon: Coupon) -> None:
        again = coupons.issue(session, SHOP, coupon.customer_id, "ten-off", ref="i1")
        assert again == coupon
        assert states(session, coupon) == [CouponState.ISSUED]

    def test_is_told_in_the_timeline(self, session: Session, coupon: Coupon) -> None:
        (event,) = timeline.latest(session, coupon.customer_id, EventKind.COUPON)
        assert event.data is not None
        assert event.data["state"] == "issued"

    def test_is_valid_for_so_many_days_but_never_longer_than_its_kind(
        self, session: Session
    ) -> None:
        ends = clock.now() + timedelta(days=10)
        a_kind(session, "short", valid_days=3, valid_until=ends)
        a_kind(session, "long", valid_days=30, valid_until=ends)
        customer = a_customer(session)
        short, long = (issued(session, customer.id, code, code) for code in ("short", "long"))
        assert short.valid_until == short.valid_from + timedelta(days=3)
        assert long.valid_until == ends

    def test_each_customer_has_a_share(self, session: Session) -> None:
        a_kind(session, per_customer=1)
        customer = a_customer(session)
        issued(session, customer.id)
        with pytest.raises(NoneLeft):
            issued(session, customer.id, ref="i2")
        issued(session, a_customer(session).id)

    @pytest.mark.every_database
    def test_of_many_at_once_no_more_get_one_than_there_are(self, session: Session) -> None:
        a_kind(session, stock=5)
        people = [a_customer(session).id for _ in range(16)]

        def take(customer_id: int) -> bool:
            try:
                with unit_of_work() as work:
                    coupons.issue(work, SHOP, customer_id, "ten-off", ref="i1")
            except NoneLeft:
                return False
            return True

        with ThreadPoolExecutor(16) as threads:
            assert list(threads.map(take, people)).count(True) == 5

    def test_of_an_unknown_kind(self, session: Session) -> None:
        with pytest.raises(CouponKindNotFound):
            coupons.issue(session, SHOP, a_customer(session).id, "none", ref="i1")

    def test_customers_issue_themselves_none(self, session: Session, coupon: Coupon) -> None:
        customer = a_customer(session)
        with pytest.raises(Forbidden):
            coupons.issue(session, themselves(customer), customer.id, "ten-off", ref="x")


class TestReserve:
    def test_then_confirm_uses_it_once(self, session: Session, coupon: Coupon) -> None:
        assert reserved(session, coupon) == 1000
        for _ in range(2):
            assert coupons.confirm(session, SHOP, "DD1", ref="c1").off_fen == 1000
        assert states(session, coupon)[1:] == [CouponState.RESERVED, CouponState.REDEEMED]

    def test_repeated_for_the_same_order_is_the_same(
        self, session: Session, coupon: Coupon
    ) -> None:
        assert reserved(session, coupon) == reserved(session, coupon)
        assert states(session, coupon).count(CouponState.RESERVED) == 1

    def test_with_other_coupons_for_the_same_order_is_a_conflict(
        self, session: Session, coupon: Coupon
    ) -> None:
        reserved(session, coupon)
        other = issued(session, coupon.customer_id, ref="i2")
        with pytest.raises(ReservationConflict):
            reserved(session, other)

    def test_another_order_cannot_have_it(self, session: Session, coupon: Coupon) -> None:
        reserved(session, coupon)
        with pytest.raises(CouponUnusable) as refused:
            reserved(session, coupon, order_no="DD2")
        assert refused.value.why is Unfit.TAKEN

    def test_released_it_is_free_again(self, session: Session, coupon: Coupon) -> None:
        reserved(session, coupon)
        assert [coupons.release(session, SHOP, "DD1", ref="x") for _ in range(2)] == [1, 0]
        assert reserved(session, coupon, order_no="DD2") == 1000

    def test_after_the_timeout_it_is_free_whether_cron_ran_or_not(
        self, session: Session, coupon: Coupon
    ) -> None:
        reserved(session, coupon)
        with clock.standing_at(clock.now() + timedelta(minutes=15)):
            with pytest.raises(ReservationConflict):
                coupons.confirm(session, SHOP, "DD1", ref="late")
            reserved(session, coupon, order_no="DD2")
            assert coupons.confirm(session, SHOP, "DD2", ref="c2").off_fen == 1000

    def test_what_lapsed_for_an_order_does_not_stand_against_what_it_holds_since(
        self, session: Session, coupon: Coupon
    ) -> None:
        reserved(session, coupon)
        other = issued(session, coupon.customer_id, ref="i2")
        with clock.standing_at(clock.now() + timedelta(minutes=15)):
            reserved(session, other)
            done = coupons.confirm(session, SHOP, "DD1", ref="c1")
        assert list(done.by_number) == [other.number]

    def test_cron_releases_what_was_not_confirmed(self, session: Session, coupon: Coupon) -> None:
        reserved(session, coupon)
        with clock.standing_at(clock.now() + timedelta(minutes=15)):
            jobs.release_overdue()
            jobs.release_overdue()
        session.rollback()
        assert states(session, coupon)[2:] == [CouponState.RELEASED]

    def test_a_returned_order_gives_it_back(self, session: Session, coupon: Coupon) -> None:
        reserved(session, coupon)
        coupons.confirm(session, SHOP, "DD1", ref="c1")
        assert [coupons.give_back(session, SHOP, "DD1", ref="x") for _ in range(2)] == [1, 0]
        assert reserved(session, coupon, order_no="DD2") == 1000

    @pytest.mark.every_database
    def test_of_many_tills_at_once_one_gets_it(self, session: Session, coupon: Coupon) -> None:
        def use(number: int) -> bool:
            try:
                with unit_of_work() as work:
                    coupons.reserve(
                        work, SHOP, [coupon.number], a_basket(), order_no=f"DD{number}", ref="r"
                    )
                    coupons.confirm(work, SHOP, f"DD{number}", ref="c")
            except CouponUnusable:
                return False
            return True

        with ThreadPoolExecutor(16) as threads:
            assert list(threads.map(use, range(16))).count(True) == 1

    def test_two_customers_coupons_do_not_pay_one_order(
        self, session: Session, coupon: Coupon
    ) -> None:
        other = issued(session, a_customer(session, "赵敏").id)
        with pytest.raises(CouponUnusable) as refused:
            reserved(session, coupon, other)
        assert refused.value.why is Unfit.OTHER_CUSTOMER

    def test_an_unknown_number(self, session: Session) -> None:
        with pytest.raises(CouponNotFound):
            coupons.reserve(session, SHOP, ["404"], a_basket(), order_no="DD1", ref="r")

    def test_an_assistant_uses_nobodys(self, session: Session, coupon: Coupon) -> None:
        with pytest.raises(Forbidden):
            coupons.reserve(
                session, acting(a_staff(session)), [coupon.number], a_basket(), order_no="D", ref=""
            )


class TestUnfit:
    @pytest.mark.parametrize(
        ("kind", "basket", "why"),
        [
            ({"place": Place.SHOP}, a_basket(store=None), Unfit.ELSEWHERE),
            ({"place": Place.ONLINE}, a_basket(), Unfit.ELSEWHERE),
            ({"stores": ("S2",)}, a_basket(), Unfit.ELSEWHERE),
            ({"categories": ("毛衣",)}, a_basket(), Unfit.OTHER_GOODS),
            ({"threshold_fen": 30001}, a_basket(100, 200), Unfit.TOO_LITTLE),
        ],
    )
    def test_is_refused_with_the_reason(
        self, session: Session, kind: dict[str, Any], basket: Any, why: Unfit
    ) -> None:
        a_kind(session, **kind)
        made = issued(session, a_customer(session).id)
        with pytest.raises(CouponUnusable) as refused:
            reserved(session, made, basket=basket)
        assert refused.value.why is why

    def test_before_and_after_its_time(self, session: Session) -> None:
        begins = clock.now() + timedelta(days=1)
        a_kind(session, valid_from=begins, valid_until=begins + timedelta(days=1))
        made = issued(session, a_customer(session).id)
        for days, why in ((0, Unfit.TOO_EARLY), (3, Unfit.EXPIRED)):
            with clock.standing_at(clock.now() + timedelta(days=days)):
                with pytest.raises(CouponUnusable) as refused:
                    reserved(session, made)
                assert refused.value.why is why
                assert coupons.usable(session, SHOP, made.customer_id) == []

    def test_earned_online_it_is_spent_in_the_shop(self, session: Session) -> None:
        a_kind(session, place=Place.BOTH)
        customer = a_customer(session)
        in_shop, online = (issued(session, customer.id, ref=ref) for ref in ("a", "b"))
        assert reserved(session, in_shop, order_no="DD1") == 1000
        assert reserved(session, online, order_no="DD2", basket=a_basket(store=None)) == 1000


class TestStacking:
    def two(self, session: Session, *more: dict[str, Any]) -> list[Coupon]:
        customer = a_customer(session)
        for number, each in enumerate(more):
            a_kind(session, f"k{number}", **each)
        return [issued(session, customer.id, f"k{n}", f"i{n}") for n in range(len(more))]

    def test_those_that_stack_add_up_percentages_first(self, session: Session) -> None:
        made = self.two(
            session,
            {"stacks": True, "off": Off.THRESHOLD, "amount_fen": 5000, "threshold_fen": 30000},
            {"stacks": True, "off": Off.PERCENT, "percent": 90, "amount_fen": 0},
        )
        assert reserved(session, *made) == 3000 + 5000

    def test_one_that_does_not_stack_stands_alone(self, session: Session) -> None:
        made = self.two(session, {"stacks": True}, {"stacks": False})
        with pytest.raises(CouponUnusable) as refused:
            reserved(session, *made)
        assert refused.value.why is Unfit.NOT_WITH_OTHERS

    def test_two_of_one_kind_never_do(self, session: Session) -> None:
        a_kind(session, stacks=True)
        customer = a_customer(session)
        made = [issued(session, customer.id, ref=ref) for ref in ("a", "b")]
        with pytest.raises(CouponUnusable):
            reserved(session, *made)

    def test_a_price_never_falls_below_zero(self, session: Session) -> None:
        made = self.two(session, {"stacks": True}, {"stacks": True})
        assert reserved(session, *made, basket=a_basket(15)) == 1500

    def test_a_percentage_has_a_limit(self, session: Session) -> None:
        (made,) = self.two(session, {"off": Off.PERCENT, "percent": 50, "amount_fen": 2000})
        assert reserved(session, made) == 2000


class TestEnd:
    def test_cron_writes_off_what_nobody_used(self, session: Session) -> None:
        a_kind(session, valid_days=1)
        made = issued(session, a_customer(session).id)
        with clock.standing_at(clock.now() + timedelta(days=1)):
            jobs.write_off_expired()
            jobs.write_off_expired()
        session.rollback()
        assert states(session, made) == [CouponState.ISSUED, CouponState.EXPIRED]

    def test_revoked_it_is_gone(self, session: Session, coupon: Coupon) -> None:
        for _ in range(2):
            coupons.revoke(session, SHOP, coupon.number, ref="x")
        assert coupons.usable(session, SHOP, coupon.customer_id) == []
        assert states(session, coupon).count(CouponState.REVOKED) == 1
        with pytest.raises(CouponUnusable):
            reserved(session, coupon)

    def test_what_was_used_cannot_be_revoked(self, session: Session, coupon: Coupon) -> None:
        reserved(session, coupon)
        coupons.confirm(session, SHOP, "DD1", ref="c")
        with pytest.raises(CouponUnusable):
            coupons.revoke(session, SHOP, coupon.number, ref="x")

    def test_customers_see_what_they_can_use(self, session: Session, coupon: Coupon) -> None:
        customer = a_customer(session, "赵敏")
        with pytest.raises(Forbidden):
            coupons.usable(session, themselves(customer), coupon.customer_id)
        ((held, kind),) = coupons.usable(session, SHOP, coupon.customer_id)
        assert (held.id, kind.title) == (coupon.id, "券 ten-off")


@pytest.mark.parametrize(
    "nonsense",
    [
        {"off": "fixed"},
        {"off": "threshold", "amount_fen": 100, "threshold_fen": 99},
        {"off": "percent"},
        {"off": "goods", "percent": 0},
        {"off": "goods", "colour": "red"},
        {"off": "goods", "valid_from": "2026-02-01T00:00+08:00",
         "valid_until": "2026-01-01T00:00+08:00"},
    ],
)  # fmt: skip
def test_a_kind_that_makes_no_sense_is_refused(nonsense: dict[str, Any]) -> None:
    with pytest.raises(BadCouponKind):
        kinds.read({"code": "x", "title": "x"} | nonsense)


def test_two_steps_of_one_number_are_refused_by_the_database(
    session: Session, coupon: Coupon
) -> None:
    twin = CouponStep(coupon_id=coupon.id, number=1, state=CouponState.REDEEMED, ref="x")
    session.add(twin)
    with pytest.raises(IntegrityError):
        session.flush()
    session.rollback()
    assert steps.latest(session, coupon.id) is not None
