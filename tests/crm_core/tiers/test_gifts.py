from datetime import datetime

import pytest
from sqlmodel import Session

from crm_core import clock
from crm_core.authz import system
from crm_core.coupons import service as coupons
from crm_core.customers import index
from crm_core.customers.models import Customer
from crm_core.points import service as points
from crm_core.tiers import jobs, program
from crm_core.tiers import service as tiers
from tests.factories import a_customer

SHOP = system("test")


def born(session: Session, day: str, tier: str = "银卡") -> Customer:
    customer = a_customer(session)
    customer.birthday, customer.tier = day, tier
    index.renew(session, customer)
    session.commit()
    return customer


def gifts_on(day: str) -> None:
    with clock.standing_at(datetime.fromisoformat(f"{day}T09:00:00+08:00")):
        jobs.give_birthday_gifts()
        jobs.give_birthday_gifts()


@pytest.mark.parametrize(
    ("birthday", "today", "number"),
    [
        ("1992-05-04", "2026-05-04", 100),
        ("1992-05-04", "2026-05-10", 100),  # nothing ran since
        ("1992-05-04", "2026-05-11", 0),
        ("1992-05-04", "2026-05-03", 0),
        ("1992-02-29", "2026-02-28", 100),
        ("1992-02-29", "2028-02-29", 100),
    ],
)
def test_a_birthday_brings_the_levels_gift_once_a_year(
    session: Session, birthday: str, today: str, number: int
) -> None:
    customer = born(session, birthday)
    gifts_on(today)
    moment = datetime.fromisoformat(f"{today}T10:00:00+08:00")
    with clock.standing_at(moment):
        assert points.balance(session, customer.id) == number


def test_the_next_year_brings_another(session: Session) -> None:
    customer = born(session, "1992-05-04", "金卡")
    for day in ("2026-05-04", "2026-05-05", "2027-05-04"):
        gifts_on(day)
    said = [entry.delta for entry in points.history(session, SHOP, customer.id)]
    assert said[0] == 300
    assert said.count(300) == 2


def test_the_lowest_level_brings_none(session: Session) -> None:
    customer = born(session, "1992-05-04", "普通会员")
    gifts_on("2026-05-04")
    assert points.history(session, SHOP, customer.id) == []


def test_a_quarter_brings_its_box_once_for_whoever_has_the_level(session: Session) -> None:
    tiers.use(session, SHOP, program.shipped("fresh_food"))
    customer, other = born(session, "1992-05-04", "黑金"), born(session, "1992-05-04", "金卡")
    for day in ("2026-01-02", "2026-03-30", "2026-04-01"):
        with clock.standing_at(datetime.fromisoformat(f"{day}T09:00:00+08:00")):
            jobs.give_quarterly_gifts()
            jobs.give_quarterly_gifts()
            session.rollback()  # or it goes on seeing what it saw first
            held = coupons.usable(session, SHOP, customer.id)
            assert {kind.title for _, kind in held} == {"季度定制礼盒"}
            assert coupons.usable(session, SHOP, other.id) == []
    assert [coupon.note for coupon, _ in held] == ["2026Q1 季度礼", "2026Q2 季度礼"]
