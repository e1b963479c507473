import pytest
from sqlmodel import Session, select

from crm_core.audit.models import AuditEntry
from crm_core.authz import Forbidden, Role
from crm_core.clock import set_to
from crm_core.fields.models import CustomField, FieldKind, Sensitivity
from crm_core.segments import service as segments
from crm_core.segments import shipped
from crm_core.segments.models import Segment, SegmentKind, SegmentMember
from crm_core.segments.service import (
    BadSegmentName,
    BadSegmentRule,
    SegmentInUse,
    UnknownSegment,
)
from tests.crm_core.segments.buying import (
    ANYBODY,
    LATE_EVENING,
    LOYAL,
    Bought,
    a_buyer,
    members,
    rule,
)
from tests.factories import a_staff, a_store, acting


@pytest.fixture(autouse=True)
def _in_spring() -> None:
    set_to(LATE_EVENING)


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

    def test_segments_that_refer_to_each_other_too_often_are_refused(
        self, session: Session
    ) -> None:
        segments.save(session, ANYBODY, "0", rule(), ref="1")
        with pytest.raises(BadSegmentRule) as bad:
            doubled(session, 20)
        assert "太多" in str(bad.value.values["why"])


def doubled(session: Session, times: int) -> None:
    """Segments each of which refers twice to the one before."""
    for n in range(1, times):
        twice = rule(f"属于分群「{n - 1}」，或不满足（不属于分群「{n - 1}」）")
        segments.save(session, ANYBODY, str(n), twice, ref="1")
