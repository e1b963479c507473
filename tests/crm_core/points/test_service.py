from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from sqlmodel import Session

from crm_core import clock
from crm_core.authz import Forbidden, system
from crm_core.customers.models import Customer
from crm_core.customers.service import CustomerNotFound
from crm_core.db import unit_of_work
from crm_core.points import jobs
from crm_core.points import service as points
from crm_core.points.models import Cause
from tests.factories import a_customer, a_staff, acting, themselves

SHOP = system("test")


def with_points(session: Session, number: int) -> Customer:
    customer = a_customer(session)
    points.earn(session, SHOP, customer.id, points.Lot(number, Cause.GIFT), ref="opening")
    session.commit()
    return customer


class TestSpend:
    def test_takes_points(self, session: Session) -> None:
        customer = with_points(session, 100)
        points.spend(session, themselves(customer), customer.id, 30, note="券", ref="r1")
        assert points.balance(session, customer.id) == 70

    def test_a_repeated_ref_spends_once(self, session: Session) -> None:
        customer = with_points(session, 100)
        first = points.spend(session, SHOP, customer.id, 30, note="", ref="r1")
        assert points.spend(session, SHOP, customer.id, 30, note="", ref="r1") == first
        assert points.balance(session, customer.id) == 70

    @pytest.mark.every_database
    def test_many_at_once_never_overdraw(self, session: Session) -> None:
        customer = with_points(session, 100)

        def spend_ten(number: int) -> bool:
            try:
                with unit_of_work() as work:
                    points.spend(work, SHOP, customer.id, 10, note="", ref=f"r{number}")
            except points.InsufficientPoints:
                return False
            return True

        with ThreadPoolExecutor(16) as threads:
            done = list(threads.map(spend_ten, range(16)))
        assert done.count(True) == 10
        assert points.balance(session, customer.id) == 0

    def test_too_few_points_say_how_many_there_are(self, session: Session) -> None:
        customer = with_points(session, 10)
        with pytest.raises(points.InsufficientPoints) as refused:
            points.spend(session, SHOP, customer.id, 30, note="", ref="r1")
        assert refused.value.values == {"available": 10, "wanted": 30}

    def test_points_on_hold_cannot_be_spent(self, session: Session) -> None:
        customer = a_customer(session)
        later = clock.now() + timedelta(days=7)
        lot = points.Lot(50, Cause.PURCHASE, available_at=later)
        points.earn(session, SHOP, customer.id, lot, ref="o1")
        with pytest.raises(points.InsufficientPoints):
            points.spend(session, SHOP, customer.id, 1, note="", ref="r1")

    def test_only_their_own(self, session: Session) -> None:
        customer, other = with_points(session, 10), a_customer(session, "赵敏")
        with pytest.raises(Forbidden):
            points.spend(session, themselves(other), customer.id, 1, note="", ref="r1")

    def test_an_assistant_spends_nobodys(self, session: Session) -> None:
        assistant = a_staff(session)
        customer = a_customer(session, assistant=assistant)
        with pytest.raises(Forbidden):
            points.spend(session, acting(assistant), customer.id, 1, note="", ref="r1")

    @pytest.mark.parametrize("number", [0, -5])
    def test_never_adds_points(self, session: Session, number: int) -> None:
        with pytest.raises(ValueError, match=str(number)):
            points.spend(session, SHOP, 1, number, note="", ref="r1")

    def test_unknown_customer(self, session: Session) -> None:
        with pytest.raises(CustomerNotFound):
            points.spend(session, SHOP, 404, 1, note="", ref="r1")


class TestEarn:
    def test_a_repeated_ref_gives_once(self, session: Session) -> None:
        customer = a_customer(session)
        for _ in range(2):
            points.earn(session, SHOP, customer.id, points.Lot(50, Cause.VOTE), ref="poll:1")
        assert points.balance(session, customer.id) == 50

    def test_customers_give_themselves_nothing(self, session: Session) -> None:
        customer = a_customer(session)
        with pytest.raises(Forbidden):
            points.earn(
                session, themselves(customer), customer.id, points.Lot(1, Cause.GIFT), ref="x"
            )

    def test_takes_nothing(self, session: Session) -> None:
        with pytest.raises(ValueError, match="0"):
            points.earn(session, SHOP, 1, points.Lot(0, Cause.GIFT), ref="x")


class TestStanding:
    def test_says_what_is_held_and_what_expires(self, session: Session) -> None:
        customer = with_points(session, 100)
        soon = clock.now() + timedelta(days=5)
        held = points.Lot(30, Cause.PURCHASE, "订单 DD1", available_at=soon)
        points.earn(session, SHOP, customer.id, held, ref="o1")
        points.earn(
            session, SHOP, customer.id, points.Lot(20, Cause.GIFT, expires_at=soon), ref="g1"
        )
        standing = points.standing(session, themselves(customer), customer.id)
        assert (standing.available, standing.held, standing.expiring) == (120, 30, 20)
        assert standing.held_until == standing.expires_at == soon

    def test_an_assistant_sees_only_assigned_customers(self, session: Session) -> None:
        customer = with_points(session, 5)
        with pytest.raises(Forbidden):
            points.standing(session, acting(a_staff(session)), customer.id)


class TestExpiry:
    def test_writes_off_what_is_left_of_a_lot_once(self, session: Session) -> None:
        customer = with_points(session, 100)
        past = clock.now() - timedelta(seconds=1)
        points.earn(
            session, SHOP, customer.id, points.Lot(40, Cause.GIFT, expires_at=past), ref="old"
        )
        session.commit()
        jobs.write_off_expired()
        jobs.write_off_expired()
        assert points.balance(session, customer.id) == 100
        latest, *_ = points.history(session, SHOP, customer.id)
        assert (latest.cause, latest.delta) == (Cause.EXPIRY, -40)
        assert points.with_expired_lots(session) == []
