from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlmodel import Session

from crm_core import clock
from crm_core.authz import Forbidden, system
from crm_core.customers.models import Customer
from crm_core.earning import definition, orders, simulating
from crm_core.earning import service as earning
from crm_core.earning.applying import Rule
from crm_core.earning.definition import Trigger
from crm_core.earning.inviting import NoGuest, invited
from crm_core.earning.models import RuleState
from crm_core.earning.service import EarningRuleNotFound, NoSuchTask
from crm_core.orders.models import Order
from crm_core.points import entries
from crm_core.points import service as points
from crm_core.points.models import Cause
from crm_core.rules import service as rules
from tests.factories import a_customer, a_product, a_staff, acting, an_order

SHOP = system("test")


def on(session: Session, code: str = "double", title: str = "双倍积分", **said: Any) -> None:
    definition_ = definition.read({"on": "purchase", "times": 2} | said)
    earning.put(session, SHOP, code, title, definition_)
    earning.switch(session, SHOP, code, on=True)
    session.commit()


def task(session: Session, **more: Any) -> None:
    said = {"on": "task", "task": "profile", "points": 30} | more
    earning.put(session, SHOP, "profile", "完善资料", definition.read(said))
    earning.switch(session, SHOP, "profile", on=True)


class TestOrders:
    def test_an_order_earns_by_the_rules_that_are_on(self, session: Session) -> None:
        on(session)
        an_order(session, customer := a_customer(session))
        standing = points.standing(session, SHOP, customer.id)
        assert standing.held == 2 * 1599

    def test_a_draft_earns_nothing_and_a_rule_that_was_switched_off_no_more(
        self, session: Session
    ) -> None:
        on(session)
        earning.switch(session, SHOP, "double", on=False)
        said = definition.read({"on": "purchase", "times": 5})
        assert earning.put(session, SHOP, "draft", "草稿", said).state is RuleState.DRAFT
        an_order(session, customer := a_customer(session))
        assert points.standing(session, SHOP, customer.id).held == 1599

    def test_a_product_is_known_by_its_article_number(self, session: Session) -> None:
        a_product(session, article_no="A2031")
        on(session, products=["A2031"])
        on(session, "other", products=["A2032"], times=9)
        an_order(session, customer := a_customer(session))
        assert points.standing(session, SHOP, customer.id).held == 2 * 1599

    def test_a_changed_rule_is_a_draft_again(self, session: Session) -> None:
        on(session)
        same = definition.read({"on": "purchase", "times": 2})
        assert earning.put(session, SHOP, "double", "双倍积分", same).state is RuleState.ON
        other = definition.read({"on": "purchase", "times": 3})
        assert earning.put(session, SHOP, "double", "双倍积分", other).state is RuleState.DRAFT

    def test_which_rule_gave_how_many_is_told(self, session: Session) -> None:
        on(session)
        an_order(session, customer := a_customer(session))
        (entry,) = points.history(session, SHOP, customer.id)
        said = points.explain(session, SHOP, entry.id)
        assert "得 3198 积分，其中基础积分 1599，双倍积分 1599" in said


class TestReturns:
    def order(self, session: Session, total_fen: int, customer: Customer) -> Order:
        order = an_order(session, customer, f"DD{customer.id}", hours_ago=24 * 8)
        order.total_fen = total_fen
        session.add(order)
        return order

    def test_points_that_paid_for_it_go_back_to_their_lots(self, session: Session) -> None:
        customer = a_customer(session)
        soon, late = clock.now() + timedelta(days=5), clock.now() + timedelta(days=50)
        for ref, ends in (("soon", soon), ("late", late)):
            lot = points.Lot(100, Cause.GIFT, expires_at=ends)
            points.earn(session, SHOP, customer.id, lot, ref=ref)
        assert orders.pay(session, SHOP, customer.id, "DD9", 150) == 150
        order = an_order(session, customer, "DD9")
        order.refunded_fen = order.total_fen
        orders.take_back(session, SHOP, order, ref="return:1")
        standing = points.standing(session, SHOP, customer.id)
        assert (standing.available, standing.expiring) == (200, 100)

    def test_an_order_that_came_to_nothing_gives_the_points_back(self, session: Session) -> None:
        customer = a_customer(session)
        points.earn(session, SHOP, customer.id, points.Lot(100, Cause.GIFT), ref="g")
        orders.pay(session, SHOP, customer.id, "DD9", 80)
        for _ in range(2):
            orders.cancel_payment(session, SHOP, customer.id, "DD9", ref="x")
        assert points.balance(session, customer.id) == 100

    @given(
        total_fen=st.integers(1, 100_000),
        paid=st.integers(0, 300),
        parts=st.lists(st.integers(1, 100), min_size=1, max_size=6),
    )
    @settings(
        max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
    )
    def test_however_it_comes_back_in_parts_each_point_moves_once(
        self, session: Session, total_fen: int, paid: int, parts: list[int]
    ) -> None:
        customer = a_customer(session, None)
        points.earn(session, SHOP, customer.id, points.Lot(300, Cause.GIFT), ref="g")
        order = an_order(session, customer, f"DD{customer.id}", hours_ago=24 * 8)
        if paid:
            orders.pay(session, SHOP, customer.id, order.order_no, paid)
        earned = entries.moved_by(session, customer.id, orders.ref_of(order)).points
        order.total_fen = total_fen
        for number, part in enumerate(parts):
            order.refunded_fen = min(total_fen, order.refunded_fen + total_fen * part // 100)
            orders.take_back(session, SHOP, order, ref=f"return:{number}")
            gone_fen = order.refunded_fen
            kept = earned * (total_fen - gone_fen) // total_fen
            still_paid = paid * (total_fen - gone_fen) // total_fen
            assert points.balance(session, customer.id) == 300 + kept - still_paid


class TestDeeds:
    def test_a_vote_earns_what_the_shop_says_once(self, session: Session) -> None:
        rules.put(session, SHOP, "points.vote", 60)
        customer = a_customer(session)
        for _ in range(2):
            earning.give(session, SHOP, customer.id, Trigger.VOTE, note="春装", ref="poll:1")
        assert points.balance(session, customer.id) == 60

    def test_an_invitation_earns_more_while_a_rule_says_so(self, session: Session) -> None:
        on(session, on="invite", times=3)
        customer = a_customer(session)
        earning.give(session, SHOP, customer.id, Trigger.INVITE, note="", ref="invite:2")
        assert points.balance(session, customer.id) == 600

    @pytest.mark.parametrize(("limit", "number"), [("once", 30), ("daily", 60), ("unlimited", 90)])
    def test_a_task_earns_as_often_as_its_rule_says(
        self, session: Session, limit: str, number: int
    ) -> None:
        task(session, limit=limit)
        customer = a_customer(session)
        for days, ref in ((0, "a"), (0, "a"), (0, "b"), (1, "c")):
            with clock.standing_at(clock.now() + timedelta(days=days)):
                earning.complete(session, SHOP, customer.id, "profile", ref=ref)
        with clock.standing_at(clock.now() + timedelta(days=2)):
            assert points.balance(session, customer.id) == number

    def test_who_brings_a_member_gets_points_once_and_nobody_else_does(
        self, session: Session
    ) -> None:
        customer, other, guest = (a_customer(session) for _ in range(3))
        with pytest.raises(NoGuest):
            invited(session, SHOP, customer.id, guest.id)
        guest.member_since = clock.now()
        for _ in range(2):
            invited(session, SHOP, customer.id, guest.id)
        assert points.balance(session, customer.id) == 200
        with pytest.raises(NoGuest):
            invited(session, SHOP, other.id, guest.id)
        with pytest.raises(NoGuest):
            invited(session, SHOP, guest.id, guest.id)

    def test_an_unknown_task(self, session: Session) -> None:
        with pytest.raises(NoSuchTask):
            earning.complete(session, SHOP, a_customer(session).id, "none", ref="a")


class TestSimulation:
    AT = datetime.fromisoformat("2026-11-15T12:00:00+08:00")

    def test_says_what_last_month_would_have_come_to(self, session: Session) -> None:
        with clock.standing_at(self.AT):
            store_customer, other = a_customer(session), a_customer(session, "赵敏")
            for n, (who, days) in enumerate(((store_customer, 20), (other, 30), (other, 60))):
                an_order(session, who, f"DD{n}", hours_ago=24 * days)
            rule = Rule(
                "双倍", definition.read({"on": "purchase", "times": 2, "since": "2027-01-01"})
            )
            before = [points.balance(session, who.id) for who in (store_customer, other)]
            found = simulating.simulate(session, SHOP, rule)
            assert (found.deeds, found.affected, found.customers) == (2, 2, 2)
            assert (found.points_without, found.points_with) == (2 * 1599, 4 * 1599)
            assert f"{found.since} {found.until}" == "2026-10-01 2026-11-01"
            after = [points.balance(session, who.id) for who in (store_customer, other)]
        assert before == after

    def test_a_rule_that_is_on_is_measured_against_a_month_without_it(
        self, session: Session
    ) -> None:
        with clock.standing_at(self.AT):
            on(session)
            an_order(session, a_customer(session), hours_ago=24 * 20)
            found = simulating.simulate(session, SHOP, earning.ready(session, "double"))
        assert (found.points_without, found.points_with) == (1599, 2 * 1599)

    def test_of_votes(self, session: Session) -> None:
        with clock.standing_at(self.AT - timedelta(days=20)):
            customer = a_customer(session)
            earning.give(session, SHOP, customer.id, Trigger.VOTE, note="", ref="poll:1")
        with clock.standing_at(self.AT):
            rule = Rule("三倍", definition.read({"on": "vote", "times": 3}))
            found = simulating.simulate(session, SHOP, rule)
        assert (found.deeds, found.points_without, found.points_with) == (1, 50, 150)

    def test_assistants_simulate_nothing(self, session: Session) -> None:
        rule = Rule("双倍", definition.read({"on": "purchase", "times": 2}))
        with pytest.raises(Forbidden):
            simulating.simulate(session, acting(a_staff(session)), rule)


def test_only_who_sets_up_the_shop_writes_rules(session: Session) -> None:
    said = definition.read({"on": "purchase", "times": 2})
    with pytest.raises(Forbidden):
        earning.put(session, acting(a_staff(session)), "x", "x", said)


def test_an_unknown_rule(session: Session) -> None:
    with pytest.raises(EarningRuleNotFound):
        earning.switch(session, SHOP, "none", on=True)
