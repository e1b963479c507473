from datetime import timedelta

import pytest
from sqlmodel import Session, col, select

from crm_core import clock
from crm_core.authz import Forbidden, system
from crm_core.customers.models import Customer
from crm_core.orders.models import Order
from crm_core.points import service as points
from crm_core.points.models import Cause
from crm_core.points.service import InsufficientPoints
from crm_core.tiers import jobs, program
from crm_core.tiers import service as tiers
from crm_core.tiers.models import TierChange, Why
from crm_core.tiers.service import NoSuchLevel, NotForPoints
from crm_core.tiers.wording import brought, off
from crm_core.timeline import service as timeline
from crm_core.timeline.models import EventKind
from tests.factories import a_customer, a_staff, acting, themselves

SHOP = system("test")
YEAR = timedelta(days=365)


def spent(session: Session, customer: Customer, yuan: int, *, days_ago: int = 0) -> Order:
    order = Order(
        order_no=f"DD{customer.id}-{yuan}-{days_ago}",
        customer_id=customer.id,
        total_fen=yuan * 100,
        paid_at=clock.now() - timedelta(days=days_ago),
        source="test",
    )
    session.add(order)
    session.commit()
    return order


def level(session: Session, customer: Customer, ref: str, *, at_once: bool = False) -> str:
    found = tiers.reassess(session, SHOP, customer.id, ref=ref, at_once=at_once)
    session.commit()
    return found


def reasons(session: Session, customer: Customer) -> list[Why]:
    theirs = select(TierChange).where(TierChange.customer_id == customer.id)
    return [step.why for step in session.exec(theirs.order_by(col(TierChange.id)))]


class TestSpendingTrack:
    def test_lifts_at_once_and_says_why(self, session: Session) -> None:
        customer = a_customer(session)
        spent(session, customer, 999)
        assert level(session, customer, "o1") == "普通会员"
        spent(session, customer, 1)
        assert level(session, customer, "o2") == "银卡"
        spent(session, customer, 4000)
        assert level(session, customer, "o3") == "金卡"
        assert reasons(session, customer) == [Why.SPENDING, Why.SPENDING]
        (event, _) = timeline.latest(session, customer.id, EventKind.TIER)
        assert event.data == {"was": "银卡", "level": "金卡", "why": "spending"}

    def test_what_was_paid_back_does_not_count(self, session: Session) -> None:
        customer = a_customer(session)
        spent(session, customer, 1000).refunded_fen = 1
        assert level(session, customer, "o1") == "普通会员"

    def test_repeated_it_changes_nothing(self, session: Session) -> None:
        customer = a_customer(session)
        spent(session, customer, 1000)
        for _ in range(2):
            level(session, customer, "o1")
        assert reasons(session, customer) == [Why.SPENDING]


class TestPointsTrack:
    def test_points_that_were_earned_lift_too(self, session: Session) -> None:
        customer = a_customer(session)
        points.earn(session, SHOP, customer.id, points.Lot(6000, Cause.VOTE), ref="v")
        points.spend(session, SHOP, customer.id, 6000, note="", ref="s")
        assert level(session, customer, "n") == "金卡"
        assert reasons(session, customer) == [Why.POINTS]

    def test_points_taken_over_or_taken_back_do_not_count(self, session: Session) -> None:
        customer = a_customer(session)
        points.earn(session, SHOP, customer.id, points.Lot(9000, Cause.OPENING), ref="opening")
        points.earn(session, SHOP, customer.id, points.Lot(6000, Cause.PURCHASE), ref="o")
        points.reverse(session, SHOP, customer.id, earned_by="o", note="", ref="r", points=1)
        assert level(session, customer, "n") == "普通会员"

    def test_a_level_can_be_had_for_points_for_a_year(self, session: Session) -> None:
        customer = a_customer(session)
        points.earn(session, SHOP, customer.id, points.Lot(3500, Cause.GIFT), ref="g")
        for _ in range(2):
            tiers.redeem(session, themselves(customer), customer.id, "金卡", ref="m1")
        assert (customer.tier, points.balance(session, customer.id)) == ("金卡", 500)
        with clock.standing_at(clock.now() + timedelta(days=364)):
            assert level(session, customer, "n1") == "金卡"
        with clock.standing_at(clock.now() + timedelta(days=367)):
            level(session, customer, "n2")
        assert reasons(session, customer) == [Why.REDEEMED, Why.GRACE]

    def test_not_every_level_is_for_points(self, session: Session) -> None:
        customer = a_customer(session)
        with pytest.raises(NotForPoints):
            tiers.redeem(session, SHOP, customer.id, "银卡", ref="m")
        with pytest.raises(NoSuchLevel):
            tiers.redeem(session, SHOP, customer.id, "钻石", ref="m")
        with pytest.raises(InsufficientPoints):
            tiers.redeem(session, SHOP, customer.id, "金卡", ref="m")


class TestFalling:
    def test_after_the_grace_one_level_at_a_time(self, session: Session) -> None:
        customer = a_customer(session)
        spent(session, customer, 5000)
        level(session, customer, "o1")
        told = []
        for days in (366, 380, 397, 428):
            with clock.standing_at(clock.now() + timedelta(days=days)):
                told.append(level(session, customer, f"n{days}"))
                if days == 428:
                    told.append(level(session, customer, f"n{days}b"))
        assert told == ["金卡", "金卡", "银卡", "银卡", "银卡"]
        with clock.standing_at(clock.now() + timedelta(days=460)):
            assert level(session, customer, "last") == "普通会员"
        assert reasons(session, customer) == [
            Why.SPENDING, Why.GRACE, Why.LAPSED, Why.GRACE, Why.LAPSED,
        ]  # fmt: skip

    def test_who_earns_it_again_within_the_grace_keeps_it(self, session: Session) -> None:
        customer = a_customer(session)
        spent(session, customer, 1000)
        level(session, customer, "o1")
        with clock.standing_at(clock.now() + timedelta(days=366)):
            level(session, customer, "n1")
            spent(session, customer, 1200)
            assert level(session, customer, "o2") == "银卡"
        assert reasons(session, customer) == [Why.SPENDING, Why.GRACE, Why.KEPT]

    def test_what_a_return_undoes_falls_at_once(self, session: Session) -> None:
        customer = a_customer(session)
        order = spent(session, customer, 5000)
        level(session, customer, "o1")
        order.refunded_fen = order.total_fen
        assert level(session, customer, "r1", at_once=True) == "普通会员"
        assert reasons(session, customer)[-1] is Why.RETURN

    def test_a_level_from_elsewhere_is_kept_for_a_year(self, session: Session) -> None:
        customer = a_customer(session)
        customer.tier = "金卡"  # as an import sets it
        assert level(session, customer, "n1", at_once=True) == "金卡"
        with clock.standing_at(clock.now() + timedelta(days=366)):
            level(session, customer, "n2")
        assert reasons(session, customer) == [Why.GRANTED, Why.GRACE]

    def test_cron_sees_to_everybody(self, session: Session) -> None:
        silver, by_votes = a_customer(session), a_customer(session)
        spent(session, silver, 1000)
        level(session, silver, "o1")
        points.earn(session, SHOP, by_votes.id, points.Lot(6000, Cause.VOTE), ref="v")
        session.commit()
        jobs.reassess_all()
        session.expire_all()
        assert [silver.tier, by_votes.tier] == ["银卡", "金卡"]
        for days in (366, 400):
            with clock.standing_at(clock.now() + timedelta(days=days)):
                jobs.reassess_all()
        session.rollback()
        assert silver.tier == "普通会员"


class TestRights:
    def test_a_level_brings_those_of_the_levels_below_it(self, session: Session) -> None:
        customer = a_customer(session)
        until = clock.now() + YEAR
        tiers.grant(session, SHOP, customer.id, "金卡", until=until, ref="g")
        rights = tiers.rights(session, themselves(customer), customer.id)
        assert brought(rights) == ["9折", "免邮", "免费退换", "专属顾问", "专属定制", "生日礼"]
        assert (rights.level, rights.next_level, rights.missing_fen) == ("金卡", None, None)
        assert rights.until == until

    def test_say_what_leads_to_the_next_level(self, session: Session) -> None:
        customer = a_customer(session)
        spent(session, customer, 1500)
        level(session, customer, "o1")
        rights = tiers.rights(session, SHOP, customer.id)
        assert (rights.level, rights.discount_percent, rights.next_level) == ("银卡", 90, "金卡")
        assert (rights.missing_fen, rights.missing_points) == (350_000, 6000)
        assert rights.redeem_points == 3000

    def test_the_lowest_level_brings_none(self, session: Session) -> None:
        assert brought(tiers.rights(session, SHOP, a_customer(session).id)) == []

    def test_only_for_who_may_see_the_customer(self, session: Session) -> None:
        with pytest.raises(Forbidden):
            tiers.rights(session, acting(a_staff(session)), a_customer(session).id)

    @pytest.mark.parametrize(("percent", "said"), [(90, "9"), (85, "8.5"), (75, "7.5")])
    def test_a_discount_is_said_as_shops_say_it(self, percent: int, said: str) -> None:
        assert off(percent) == said


class TestPrograms:
    def test_fresh_food_has_levels_of_its_own(self, session: Session) -> None:
        tiers.use(session, SHOP, program.shipped("fresh_food"))
        customer = a_customer(session)
        expected = {
            500: ("银卡", ["免邮", "生日礼"]),
            2000: ("金卡", ["免邮", "专属顾问", "优先接待", "生日礼"]),
            5000: ("黑金", ["免邮", "专属顾问", "优先接待", "生日礼", "季度礼"]),
        }
        for yuan, (name, rights) in expected.items():
            spent(session, customer, yuan - tiers_spent(session, customer))
            assert level(session, customer, f"o{yuan}") == name
            assert brought(tiers.rights(session, SHOP, customer.id)) == rights

    def test_a_level_that_is_no_more_becomes_what_is_earned(self, session: Session) -> None:
        customer = a_customer(session)
        customer.tier = "钻石"
        spent(session, customer, 1000)
        assert level(session, customer, "n") == "银卡"
        assert reasons(session, customer) == [Why.PROGRAM]

    @pytest.mark.parametrize(
        "levels",
        [
            [],
            [{"name": "A", "spending": {"fen": 1}}],
            [{"name": "A"}, {"name": "A", "spending": {"fen": 1}}],
            [{"name": "A"}, {"name": "B", "spending": {"fen": 2}},
             {"name": "C", "spending": {"fen": 2}}],
            [{"name": "A"}, {"name": "B", "rights": {"discount_percent": 0}}],
            [{"name": "A"}, {"name": "B", "rights": {"birthday_gift": {}}}],
            [{"name": "A"}, {"name": "B", "rights": {"parking": True}}],
        ],
    )  # fmt: skip
    def test_levels_that_make_no_sense_are_refused(self, levels: list[object]) -> None:
        with pytest.raises(program.BadProgram):
            program.read({"name": "x", "levels": levels})

    def test_only_who_sets_up_the_shop_changes_them(self, session: Session) -> None:
        with pytest.raises(Forbidden):
            tiers.use(session, acting(a_staff(session)), program.shipped("fresh_food"))


def tiers_spent(session: Session, customer: Customer) -> int:
    theirs = select(Order).where(Order.customer_id == customer.id)
    return sum(order.total_fen for order in session.exec(theirs)) // 100
