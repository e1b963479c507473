import pytest
from sqlmodel import Session

from crm_core.authz import Forbidden, Role
from crm_core.clock import now, set_to
from crm_core.segments import service as segments
from crm_core.segments import shipped
from crm_core.segments.rule import Flag, InSegment
from crm_core.segments.service import BadSegmentRule, UnknownSegment
from tests.crm_core.segments.buying import (
    ANYBODY,
    LATE_EVENING,
    LOYAL,
    Bought,
    a_buyer,
    members,
    rule,
)
from tests.factories import a_customer, a_staff, a_store, acting


@pytest.fixture(autouse=True)
def _in_spring() -> None:
    set_to(LATE_EVENING)


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
