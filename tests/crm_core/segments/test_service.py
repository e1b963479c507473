from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

import pytest
from sqlmodel import Session, select

from crm_core.audit.models import AuditEntry
from crm_core.authz import Forbidden, Role, system
from crm_core.clock import now, set_to
from crm_core.customers.models import Customer
from crm_core.fields.models import CustomField, FieldKind, Sensitivity
from crm_core.figures import service as figures
from crm_core.orders.models import Order, OrderLine
from crm_core.preferences.models import Preference, PreferenceKind
from crm_core.segments import reading, shipped
from crm_core.segments import service as segments
from crm_core.segments.models import Segment, SegmentKind, SegmentMember
from crm_core.segments.rule import Flag, InSegment, Rule
from crm_core.segments.service import (
    BadSegmentName,
    BadSegmentRule,
    SegmentInUse,
    UnknownSegment,
)
from crm_core.timeline import service as timeline
from crm_core.timeline.models import EventKind
from tests.factories import a_customer, a_staff, a_store, acting

ANYBODY = system("test")
LATE_EVENING = datetime(2026, 3, 12, 15, 50, tzinfo=UTC)  # 23:50 in the shop
_numbers = count(1)


@pytest.fixture(autouse=True)
def _in_spring() -> None:
    set_to(LATE_EVENING)


@dataclass(frozen=True)
class Bought:
    days_ago: int
    yuan: int = 100
    line: dict[str, Any] | None = None


def buy(session: Session, customer: Customer, orders: Sequence[Bought]) -> Customer:
    """Each at one in the morning of its day."""
    for bought in orders:
        paid_at = LATE_EVENING - timedelta(days=bought.days_ago, hours=22, minutes=50)
        order = Order(
            order_no=f"D{next(_numbers)}", customer_id=customer.id, total_fen=bought.yuan * 100,
            paid_at=paid_at, source="test",
        )  # fmt: skip
        session.add(order)
        session.flush()
        sold: dict[str, Any] = {"product_name": "衣服", "price_fen": bought.yuan * 100}
        session.add(OrderLine(order_id=order.id, **sold | (bought.line or {})))
    figures.refresh(session, customer.id)
    session.commit()
    return customer


def a_buyer(session: Session, *orders: Bought, **more: Any) -> Customer:
    return buy(session, a_customer(session, **more), orders)


def happen(session: Session, customer: Customer, kind: EventKind, *days_ago: int) -> None:
    for days in days_ago:
        at = now() - timedelta(days=days)
        timeline.add(session, customer.id, kind, ref=f"t{next(_numbers)}", at=at)


def tag(session: Session, customer: Customer, name: str) -> None:
    session.add(
        Preference(
            customer_id=customer.id,
            kind=PreferenceKind.TAG,
            name=name,
            value="有",
            source="test",
            ref=name,
        )
    )
    session.flush()


def members(session: Session, name: str) -> list[int]:
    return list(segments.members(session, ANYBODY, name))


LOYAL = [Bought(days) for days in (1, 20, 40, 60, 80)]
DRESS = {"category": "连衣裙", "style": "通勤"}


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


def rule(said: str = "购买次数不少于 1 次") -> Rule:
    return reading.parse(said)


class TestSave:
    @pytest.mark.every_database
    def test_a_living_one_goes_with_the_time(self, session: Session) -> None:
        first = a_buyer(session, Bought(1))
        segments.save(session, ANYBODY, "买过的", rule(), ref="1")
        second = a_buyer(session, Bought(1))
        assert members(session, "买过的") == [first.id, second.id]

    @pytest.mark.every_database
    def test_a_static_one_keeps_who_fitted(self, session: Session) -> None:
        first = a_buyer(session, Bought(1))
        segments.save(session, ANYBODY, "买过的", rule(), kind=SegmentKind.STATIC, ref="1")
        a_buyer(session, Bought(1))
        assert members(session, "买过的") == [first.id]

    def test_a_repeated_ref_changes_nothing(self, session: Session) -> None:
        a_buyer(session, Bought(1))
        for _ in range(2):
            segments.save(session, ANYBODY, "买过的", rule(), kind=SegmentKind.STATIC, ref="1")
            a_buyer(session, Bought(1))
        assert len(members(session, "买过的")) == 1
        assert len(session.exec(select(AuditEntry)).all()) == 1
        segments.save(session, ANYBODY, "买过的", rule(), kind=SegmentKind.STATIC, ref="2")
        assert len(members(session, "买过的")) == 3

    def test_the_shop_may_define_a_shipped_one_otherwise_and_go_back(
        self, session: Session
    ) -> None:
        customer = a_buyer(session, *LOYAL[:2])
        segments.save(session, ANYBODY, "忠诚", rule("购买次数不少于 2 次"), ref="1")
        assert members(session, "忠诚") == [customer.id]
        assert segments.stats(session, ANYBODY).counts["忠诚"] == 1
        assert segments.get(session, ANYBODY, "忠诚").own
        segments.drop(session, ANYBODY, "忠诚")
        segments.drop(session, ANYBODY, "忠诚")
        assert members(session, "忠诚") == []
        assert segments.get(session, ANYBODY, "忠诚").rule == shipped.segments()["忠诚"].rule

    def test_none_is_defined_by_itself(self, session: Session) -> None:
        segments.save(session, ANYBODY, "甲", rule(), ref="1")
        segments.save(session, ANYBODY, "乙", rule("属于分群「甲」"), ref="2")
        for name in ("甲", "乙"):
            with pytest.raises(BadSegmentRule) as bad:
                segments.save(session, ANYBODY, name, rule("不属于分群「乙」"), ref="3")
            assert "自己" in str(bad.value.values["why"])
            session.rollback()
            segments.save(session, ANYBODY, "甲", rule(), ref="1")
            segments.save(session, ANYBODY, "乙", rule("属于分群「甲」"), ref="2")

    def test_one_that_others_are_defined_by_stays(self, session: Session) -> None:
        segments.save(session, ANYBODY, "甲", rule(), ref="1")
        segments.save(session, ANYBODY, "乙", rule("属于分群「甲」"), ref="2")
        with pytest.raises(SegmentInUse):
            segments.drop(session, ANYBODY, "甲")
        segments.drop(session, ANYBODY, "乙")
        segments.drop(session, ANYBODY, "甲")
        assert session.exec(select(Segment)).all() == []

    @pytest.mark.parametrize("name", ["", " 甲", "甲「", "甲" * 33])
    def test_a_name_can_be_quoted(self, session: Session, name: str) -> None:
        with pytest.raises(BadSegmentName):
            segments.save(session, ANYBODY, name, rule(), ref="1")

    @pytest.mark.parametrize(
        ("said", "why"),
        [
            ("「婚期」是「明天」", "不能这样比较"),
            ("「病史」是「无」", "加密"),
            ("「星座」是「金牛」", "没有「星座」"),
            ("「婚期」不少于 3", "不能这样比较"),
        ],
    )
    def test_only_fields_in_clear_can_be_compared(
        self, session: Session, said: str, why: str
    ) -> None:
        for title, kind, level in [
            ("婚期", FieldKind.DATE, Sensitivity.INTERNAL),
            ("病史", FieldKind.TEXT, Sensitivity.HIGHEST),
        ]:
            session.add(
                CustomField(
                    code=title,
                    title=title,
                    kind=kind,
                    sensitivity=level,
                    purpose="试衣",
                    owner="市场部",
                )
            )
        with pytest.raises(BadSegmentRule) as bad:
            segments.tried(session, ANYBODY, rule(said))
        assert why in str(bad.value.values["why"])
        segments.tried(session, ANYBODY, rule("距离「婚期」不超过 30 天"))

    def test_an_unknown_segment_cannot_be_spoken_of(self, session: Session) -> None:
        with pytest.raises(UnknownSegment):
            segments.save(session, ANYBODY, "甲", rule("属于分群「土豪」"), ref="1")

    def test_marketers_may_and_managers_may_not(self, session: Session) -> None:
        segments.save(session, acting(a_staff(session, role=Role.MARKETER)), "甲", rule(), ref="1")
        manager = acting(a_staff(session, role=Role.MANAGER, store=a_store(session)))
        with pytest.raises(Forbidden):
            segments.save(session, manager, "甲", rule(), ref="2")
        with pytest.raises(Forbidden):
            segments.drop(session, manager, "甲")

    def test_a_joined_record_is_in_none(self, session: Session) -> None:
        old, kept = a_buyer(session, Bought(1)), a_buyer(session, Bought(1))
        old.joined_into = kept.id
        session.add(old)
        assert members(session, "新客") == [kept.id]
        segments.save(session, ANYBODY, "甲", rule(), kind=SegmentKind.STATIC, ref="1")
        assert [one.customer_id for one in session.exec(select(SegmentMember))] == [kept.id]


class TestTrial:
    def test_counts_and_shows_some_masked(self, session: Session) -> None:
        for _ in range(3):
            a_buyer(session, Bought(1), name="林晓月")
        found = segments.tried(session, ANYBODY, rule(), limit=2)
        assert found.count == 3
        assert len(found.sample) == 2
        assert "林晓月" not in found.sample[0]

    def test_json_and_words_are_understood(self, session: Session) -> None:
        assert segments.understood(' {"flag": "member"}') == Flag("member")
        assert segments.understood("已入会") == Flag("member")
        with pytest.raises(BadSegmentRule):
            segments.understood("{")


class TestScope:
    def test_a_manager_sees_the_own_shop_only(self, session: Session) -> None:
        here, there = a_store(session), a_store(session, "滨江店")
        ours, _ = (
            a_buyer(session, *LOYAL, assistant=a_staff(session, store=store))
            for store in (here, there)
        )
        manager = acting(a_staff(session, role=Role.MANAGER, store=here))
        assert list(segments.members(session, manager, "忠诚")) == [ours.id]
        assert segments.count(session, manager, InSegment("忠诚")) == 1
        stats = segments.stats(session, manager)
        assert (stats.total, stats.of(stats.counts["忠诚"])) == (1, 1.0)
        for ask in (segments.stats, segments.stages):
            with pytest.raises(Forbidden):
                ask(session, manager, store_id=there.id)

    def test_headquarters_may_ask_for_one_shop(self, session: Session) -> None:
        store = a_store(session)
        ours = a_buyer(session, Bought(91), assistant=a_staff(session, store=store))
        a_buyer(session, Bought(91))
        marketer = acting(a_staff(session, role=Role.MARKETER))
        assert list(segments.members(session, marketer, "沉睡", store_id=store.id)) == [ours.id]
        assert segments.stats(session, marketer).counts["沉睡"] == 2

    @pytest.mark.parametrize("role", [Role.ASSISTANT, Role.MANAGER])
    def test_assistants_and_managers_without_a_shop_see_none(
        self, session: Session, role: Role
    ) -> None:
        actor = acting(a_staff(session, role=role))
        with pytest.raises(Forbidden):
            segments.stats(session, actor)
        if role is Role.ASSISTANT:
            with pytest.raises(Forbidden):
                segments.everything(session, actor)


class TestStats:
    def test_everybody_who_bought_is_counted_once(self, session: Session) -> None:
        for days in range(0, 800, 20):
            for yuan in (10, 150, 1000):
                a_buyer(session, Bought(days, yuan), Bought(days + 40, yuan))
        stats = segments.stats(session, ANYBODY)
        assert (stats.total, sum(stats.counts.values())) == (120, 120)
        for name in shipped.life_cycle():
            assert stats.counts[name] == len(members(session, name))

    def test_strangers_are_not_counted_members_are(self, session: Session) -> None:
        a_customer(session)
        assert segments.stats(session, ANYBODY).total == 0
        member = a_customer(session)
        member.member_since = now()
        session.add(member)
        stats = segments.stats(session, ANYBODY)
        assert (stats.total, stats.never_bought) == (1, 1)

    def test_each_is_counted_in_the_furthest_stage(self, session: Session) -> None:
        a_buyer(session, Bought(1, 2000))
        a_buyer(session, Bought(1), Bought(2))
        a_buyer(session, Bought(200))
        member = a_customer(session)
        member.member_since = now()
        session.add(member)
        stats = segments.stages(session, ANYBODY)
        assert stats.counts == {"推荐": 0, "变现": 1, "留存": 1, "激活": 1, "获取": 1}
        assert stats.never_bought == 0


def test_segments_have_names(session: Session) -> None:
    assert segments.named(session, "沉睡") == "沉睡"
    with pytest.raises(UnknownSegment) as unknown:
        segments.named(session, "土豪")
    assert "忠诚" in str(unknown.value.values["known"])
    assert [known.name for known in segments.everything(session, ANYBODY)] == list(
        shipped.segments()
    )
