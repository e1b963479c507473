from datetime import timedelta

import pytest
from sqlmodel import Session

from crm_core.clock import now, set_to
from crm_core.segments import service as segments
from crm_core.timeline.models import EventKind
from tests.crm_core.segments.buying import (
    ANYBODY,
    DRESS,
    LATE_EVENING,
    LOYAL,
    Bought,
    a_buyer,
    buy,
    happen,
    members,
    tag,
)
from tests.factories import a_customer


@pytest.fixture(autouse=True)
def _in_spring() -> None:
    set_to(LATE_EVENING)


class TestShipped:
    """Each with somebody just within and somebody just without."""

    @pytest.mark.parametrize(
        ("name", "within", "without"),
        [
            ("忠诚", [Bought(d) for d in (14, 20, 40, 60, 80)],
             [Bought(d) for d in (15, 20, 40, 60, 80)]),
            ("忠诚", [Bought(d) for d in (1, 20, 40, 60, 365)],
             [Bought(d) for d in (1, 20, 40, 60, 366)]),
            ("忠诚", LOYAL, [Bought(d, 99) for d in (1, 20, 40, 60, 80)]),
            ("沉睡", [Bought(91), Bought(500, 199)], [Bought(90), Bought(500, 199)]),
            ("沉睡", [Bought(91, 299)], [Bought(91, 300)]),
            ("沉睡", [Bought(91, 1)] * 2, [Bought(91, 1)] * 3),
            ("新客", [Bought(30)], [Bought(31)]),
            ("活跃", [Bought(45)], [Bought(46)]),
            ("流失风险", [Bought(46)], [Bought(45)]),
            ("流失风险", [Bought(365, 300)], [Bought(366, 300)]),
            ("流失", [Bought(366, 300)], [Bought(366, 299)]),
            ("价格敏感", [*[Bought(9, 100, {"list_price_fen": 10_001})] * 3, *[Bought(9)] * 2],
             [Bought(9, 100, {"list_price_fen": 10_001}), Bought(9)]),
            ("品质", [Bought(9, 800)], [Bought(9, 799)]),
            ("品质", [Bought(9, 800)], [Bought(9, 800, {"quantity": 2, "returned": 1})]),
            ("连续两月消费下降", [Bought(20, 10), Bought(50, 20), Bought(80, 30)],
             [Bought(20, 10), Bought(50, 20), Bought(80, 20)]),
        ],
    )  # fmt: skip
    def test_by_purchases(
        self, session: Session, name: str, within: list[Bought], without: list[Bought]
    ) -> None:
        wanted = a_buyer(session, *within)
        a_buyer(session, *without)
        assert members(session, name) == [wanted.id]

    def test_seeds_are_loyal_and_take_part(self, session: Session) -> None:
        seed, quiet = a_buyer(session, *LOYAL), a_buyer(session, *LOYAL)
        for customer, days in ((seed, (1, 90)), (quiet, (1, 91))):
            happen(session, customer, EventKind.VOTE, *days)
        assert members(session, "种子") == [seed.id]

    def test_who_looks_often_and_buys_little_has_potential(self, session: Session) -> None:
        looking, other = (a_buyer(session, Bought(40, 299)) for _ in range(2))
        spender = a_buyer(session, Bought(40, 300))
        for customer, times in ((looking, 5), (other, 4), (spender, 5)):
            happen(session, customer, EventKind.BROWSE, *[3] * times)
        assert members(session, "潜力") == [looking.id]
        assert members(session, "活跃") == [other.id, spender.id]

    def test_nothing_in_thirty_days_is_inactive(self, session: Session) -> None:
        quiet, talking, buying = (a_customer(session) for _ in range(3))
        for customer in (quiet, talking, buying):
            customer.created_at = now() - timedelta(days=31)
        a_customer(session)  # of today
        happen(session, talking, EventKind.MESSAGE, 30)
        happen(session, quiet, EventKind.MESSAGE, 31)
        happen(session, quiet, EventKind.PUSH, 3)
        buy(session, buying, [Bought(30)])
        assert members(session, "30天未活跃") == [quiet.id]

    def test_working_women_who_like_dresses_and_have_not_come_for_a_month(
        self, session: Session
    ) -> None:
        name = "职场女性连衣裙30天未消费"
        derived = a_buyer(session, Bought(31, 300, DRESS))
        tagged = a_buyer(session, Bought(31, 300, {"category": "连衣裙"}))
        tag(session, tagged, "职场女性")
        a_buyer(session, Bought(30, 300, DRESS))
        a_buyer(session, Bought(31, 300, DRESS | {"category": "风衣"}))
        assert members(session, name) == [derived.id, tagged.id]
        set_to(LATE_EVENING + timedelta(days=1))  # with nothing reckoned anew
        assert len(members(session, name)) == 3


class TestTags:
    @pytest.mark.parametrize(
        ("name", "orders"),
        [
            ("一次多件", [Bought(9, 100, {"quantity": 3})]),
            ("跨品类", [Bought(9, 100, {"category": one}) for one in ("裙", "衣", "裤")]),
            ("深夜下单", [Bought(9), Bought(10)]),
            ("折扣猎手", [Bought(9, 1, {"list_price_fen": 999})] * 3),
            ("连衣裙偏好", [Bought(9, 100, DRESS)]),
            ("职场女性", [Bought(9, 100, DRESS)]),
        ],
    )
    def test_follow_from_what_was_bought(
        self, session: Session, name: str, orders: list[Bought]
    ) -> None:
        customer = a_buyer(session, *orders)
        assert name in segments.of_customer(session, ANYBODY, customer.id).derived_tags

    def test_tried_on_and_not_bought(self, session: Session) -> None:
        customer = a_buyer(session, Bought(9))
        happen(session, customer, EventKind.TRY_ON, 3)
        assert "试穿未买" in segments.of_customer(session, ANYBODY, customer.id).derived_tags
        buy(session, customer, [Bought(1)])
        assert "试穿未买" not in segments.of_customer(session, ANYBODY, customer.id).derived_tags

    def test_a_portrait_says_where_somebody_stands(self, session: Session) -> None:
        found = segments.of_customer(session, ANYBODY, a_buyer(session, *LOYAL).id)
        assert (found.life_cycle, found.stage) == ("忠诚", "留存")
        assert "忠诚" in found.segments
        found = segments.of_customer(session, ANYBODY, a_customer(session).id)
        assert (found.life_cycle, found.stage, found.derived_tags) == (None, "获取", [])
