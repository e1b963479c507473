from datetime import datetime, timedelta

import pytest
from sqlmodel import Session

from crm_core import clock
from crm_core.authz import Forbidden, system
from crm_core.checkins import service as checkins
from crm_core.checkins.service import Checked
from crm_core.coupons import service as coupons
from crm_core.customers.models import Customer
from crm_core.merging import service as merging
from crm_core.points import service as points
from crm_core.rules import service as rules
from tests.crm_core.coupons.kinds import a_kind
from tests.factories import a_customer, themselves

SHOP = system("test")
MONDAY = datetime.fromisoformat("2026-11-02T23:30:00+08:00")


def here(session: Session, customer: Customer, day: int) -> Checked:
    with clock.standing_at(MONDAY + timedelta(days=day)):
        return checkins.check_in(session, themselves(customer), customer.id, ref=f"m{day}")


def test_a_day_brings_points_once(session: Session) -> None:
    customer = a_customer(session)
    first, again = here(session, customer, 0), here(session, customer, 0)
    assert (first.streak, first.points, first.days_to_gift) == (again.streak, 5, 6)
    assert points.balance(session, customer.id) == 5


def test_seven_days_in_a_row_bring_the_gift_once(session: Session) -> None:
    customer = a_customer(session)
    said = [here(session, customer, day) for day in range(7)]
    assert [each.gift for each in said] == [""] * 6 + ["50 积分"]
    assert here(session, customer, 6).gift == "50 积分"
    assert points.balance(session, customer.id) == 7 * 5 + 50


def test_a_day_left_out_begins_anew(session: Session) -> None:
    customer = a_customer(session)
    streaks = [here(session, customer, day).streak for day in (0, 1, 3, 4)]
    assert streaks == [1, 2, 1, 2]


def test_the_gift_can_be_a_coupon_and_comes_again_after_seven_more_days(session: Session) -> None:
    a_kind(session)
    rules.put(session, SHOP, "check_in.gift_coupon", "ten-off")
    customer = a_customer(session)
    gifts = [here(session, customer, day).gift for day in range(14)]
    assert gifts[6] == gifts[13] == "券 ten-off"
    with clock.standing_at(MONDAY + timedelta(days=14)):
        assert len(coupons.usable(session, SHOP, customer.id)) == 2


def test_a_day_is_one_of_the_shops_time_zone(session: Session) -> None:
    customer = a_customer(session)
    here(session, customer, 0)
    with clock.standing_at(MONDAY + timedelta(hours=1)):
        assert checkins.check_in(session, SHOP, customer.id, ref="x").streak == 2


def test_the_days_of_two_records_of_one_person_count_together(session: Session) -> None:
    source, target = a_customer(session), a_customer(session)
    for customer, day in ((source, 0), (target, 0), (source, 1), (target, 2)):
        here(session, customer, day)
    session.commit()
    merging.merge(session, SHOP, source.id, target.id, rule="card", ref="m")
    assert here(session, target, 3).streak == 4


def test_nobody_checks_in_for_another(session: Session) -> None:
    customer, other = a_customer(session), a_customer(session, "赵敏")
    with pytest.raises(Forbidden):
        checkins.check_in(session, themselves(other), customer.id, ref="x")
