from datetime import datetime, timedelta

import pytest
from sqlmodel import Session

from crm_core import clock
from crm_core.authz import Forbidden, system
from crm_core.customers.models import Customer
from crm_core.points import service as points
from crm_core.points.models import Cause
from tests.factories import a_customer, themselves

SHOP = system("test")
AT = datetime.fromisoformat("2026-11-03T12:00:00+08:00")


def told(session: Session, customer: Customer) -> str:
    (entry, *_) = points.history(session, SHOP, customer.id)
    return points.explain(session, themselves(customer), entry.id)


def bought(session: Session, customer: Customer, ref: str = "o1", number: int = 320) -> None:
    lot = points.Lot(
        number, Cause.PURCHASE, f"订单 {ref}",
        expires_at=clock.now() + timedelta(days=365),
    )  # fmt: skip
    points.earn(session, SHOP, customer.id, lot, ref=ref)


def test_every_movement_is_told_in_one_sentence(session: Session) -> None:
    customer = a_customer(session)
    with clock.standing_at(AT):
        bought(session, customer)
        assert told(session, customer) == "11月3日购物（订单 o1）得 320 积分，2027年11月3日到期。"
    with clock.standing_at(AT + timedelta(days=1)):
        points.spend(session, SHOP, customer.id, 300, note="50元券", ref="s1")
        assert told(session, customer) == (
            "11月4日兑换「50元券」用去 300 积分，取自11月3日购物（订单 o1）所得的 300。"
        )
    with clock.standing_at(AT + timedelta(days=2)):
        points.reverse(session, SHOP, customer.id, earned_by="o1", note="订单 o1 退货", ref="r1")
        assert told(session, customer) == (
            "11月5日订单 o1 退货，收回11月3日所得的 320 积分，还欠 300，以后得的积分先抵。"
        )
    with clock.standing_at(AT + timedelta(days=3)):
        points.restore(
            session, SHOP, customer.id, spent_by="s1", note="取消兑换「50元券」", ref="b"
        )
        assert told(session, customer) == (
            "11月6日取消兑换「50元券」，退回11月4日用掉的 300 积分，到期日不变。"
        )


def test_points_on_hold_say_from_when_they_can_be_used(session: Session) -> None:
    customer = a_customer(session)
    with clock.standing_at(AT):
        lot = points.Lot(8, Cause.CHECK_IN, available_at=AT + timedelta(days=7))
        points.earn(session, SHOP, customer.id, lot, ref="c")
        assert told(session, customer) == "11月3日签到得 8 积分，11月10日起可用。"


def test_what_expires_says_what_it_was(session: Session) -> None:
    customer = a_customer(session)
    with clock.standing_at(AT):
        lot = points.Lot(8, Cause.BIRTHDAY, expires_at=AT + timedelta(days=7))
        points.earn(session, SHOP, customer.id, lot, ref="c")
    with clock.standing_at(AT + timedelta(days=7)):
        points.expire(session, SHOP, customer.id)
        assert told(session, customer) == "11月10日到期作废 8 积分，是11月3日生日所得里没用完的。"


def test_a_level_and_other_lots_are_named(session: Session) -> None:
    customer = a_customer(session)
    with clock.standing_at(AT):
        bought(session, customer)
        bought(session, customer, "o2", 100)
        points.spend(session, SHOP, customer.id, 320, note="金卡", ref="s", cause=Cause.TIER)
        assert told(session, customer).startswith("11月3日升级「金卡」用去 320 积分")
        points.reverse(session, SHOP, customer.id, earned_by="o1", note="订单 o1 退货", ref="r")
        assert "其中 100 已用掉，从其他积分里扣，还欠 220" in told(session, customer)


def test_to_nobody_else(session: Session) -> None:
    customer = a_customer(session)
    bought(session, customer)
    (entry,) = points.history(session, SHOP, customer.id)
    with pytest.raises(Forbidden):
        points.explain(session, themselves(a_customer(session, "赵敏")), entry.id)
    with pytest.raises(points.EntryNotFound):
        points.explain(session, SHOP, 404)
