from datetime import UTC, datetime, timedelta

import pytest
from sqlmodel import Session, select

from crm_core.authz import Forbidden, Role, system
from crm_core.clock import set_to, today
from crm_core.customers.models import Customer
from crm_core.follow_ups import jobs
from crm_core.follow_ups import service as follow_ups
from crm_core.follow_ups.models import FollowUp, FollowUpState, TryOn
from crm_core.follow_ups.service import FollowUpNotFound, NoAssistant, Tried
from crm_core.outbox.models import Outbound
from crm_core.rules import service as rules
from crm_core.staff.models import Staff
from crm_core.timeline import service as timeline
from crm_core.timeline.models import EventKind
from tests.factories import a_customer, a_staff, a_store, acting

COAT = Tried("羊毛大衣", "M", "嫌贵")


def hers(session: Session, store: str = "万达店") -> tuple[Staff, Customer]:
    assistant = a_staff(session, store=a_store(session, store))
    return assistant, a_customer(session, "李娟", phone="+8613812345678", assistant=assistant)


def tried(session: Session, assistant: Staff, customer: Customer, ref: str = "t1") -> FollowUp:
    made = follow_ups.log_try_on(session, acting(assistant), customer.id, COAT, ref=ref)
    session.commit()
    return made


class TestLogTryOn:
    @pytest.mark.every_database
    def test_keeps_it_and_asks_for_a_call_in_three_days(self, session: Session) -> None:
        assistant, customer = hers(session)
        made = tried(session, assistant, customer)
        assert (made.due_on, made.what) == (
            today() + timedelta(days=3),
            "试穿羊毛大衣 M码没买，嫌贵",
        )
        kept = session.exec(select(TryOn)).one()
        assert (kept.product_name, kept.size, kept.reason) == ("羊毛大衣", "M", "嫌贵")
        (event,) = timeline.latest(session, customer.id, EventKind.TRY_ON)
        assert event.data == {"product": "羊毛大衣", "size": "M", "reason": "嫌贵"}

    def test_the_days_are_a_rule(self, session: Session) -> None:
        assistant, customer = hers(session)
        rules.put(session, system("test"), "follow_up.try_on_days", 1)
        assert tried(session, assistant, customer).due_on == today() + timedelta(days=1)

    def test_a_repeated_ref_keeps_one(self, session: Session) -> None:
        assistant, customer = hers(session)
        assert tried(session, assistant, customer) == tried(session, assistant, customer)
        assert len(session.exec(select(TryOn)).all()) == 1

    def test_only_of_own_customers(self, session: Session) -> None:
        _, customer = hers(session)
        with pytest.raises(Forbidden):
            tried(session, a_staff(session, "小李"), customer)

    def test_a_manager_only_reads(self, session: Session) -> None:
        assistant, customer = hers(session)
        manager = a_staff(session, role=Role.MANAGER)
        manager.store_id = assistant.store_id
        with pytest.raises(Forbidden):
            tried(session, manager, customer)

    def test_somebody_must_make_the_call(self, session: Session) -> None:
        customer = a_customer(session)
        with pytest.raises(NoAssistant):
            follow_ups.log_try_on(session, system("test"), customer.id, COAT, ref="t1")

    @pytest.mark.parametrize(
        ("what", "words"),
        [
            (Tried("风衣"), "试穿风衣没买"),
            (Tried("披肩", "均码"), "试穿披肩均码没买"),
            (Tried("大衣", reason="颜色不合适"), "试穿大衣没买，颜色不合适"),
        ],
    )
    def test_words(self, what: Tried, words: str) -> None:
        assert what.words == words


class TestSchedule:
    def test_once_under_a_ref(self, session: Session) -> None:
        _, customer = hers(session)
        for _ in range(2):
            follow_ups.schedule(session, system("x"), customer.id, "生日", today(), ref="b1")
        ((row, _),) = follow_ups.pending(session, system("x"))
        assert (row.what, row.staff_id) == ("生日", customer.assistant_id)


class TestPending:
    def test_by_day_the_most_urgent_first(self, session: Session) -> None:
        assistant, customer = hers(session)
        for days in (2, -1, 0):
            day = today() + timedelta(days=days)
            follow_ups.schedule(
                session, acting(assistant), customer.id, f"{days}", day, ref=f"{days}"
            )
        due = follow_ups.pending(session, acting(assistant), until=today())
        assert [row.what for row, _ in due] == ["-1", "0"]
        later = follow_ups.pending(session, acting(assistant), since=today())
        assert [row.what for row, _ in later] == ["0", "2"]

    def test_a_customer_given_to_somebody_else_brings_the_call_along(
        self, session: Session
    ) -> None:
        assistant, customer = hers(session)
        tried(session, assistant, customer)
        other = a_staff(session, "小李")
        customer.assistant_id = other.id
        session.commit()
        assert follow_ups.pending(session, acting(assistant)) == []
        assert len(follow_ups.pending(session, acting(other))) == 1

    def test_a_manager_sees_the_shop_and_may_ask_for_one_assistant(self, session: Session) -> None:
        assistant, customer = hers(session)
        tried(session, assistant, customer)
        elsewhere, theirs = hers(session, "滨江店")
        tried(session, elsewhere, theirs, ref="t2")
        manager = a_staff(session, "店长", role=Role.MANAGER)
        manager.store_id = assistant.store_id
        assert [who.id for _, who in follow_ups.pending(session, acting(manager))] == [customer.id]
        none = follow_ups.pending(session, acting(manager), staff_id=manager.id)
        assert none == []

    def test_a_marketer_sees_none(self, session: Session) -> None:
        with pytest.raises(Forbidden):
            follow_ups.pending(session, acting(a_staff(session, role=Role.MARKETER)))


class TestComplete:
    @pytest.mark.every_database
    def test_keeps_the_result_and_a_repeat_changes_nothing(self, session: Session) -> None:
        assistant, customer = hers(session)
        row = tried(session, assistant, customer)
        for result in ("周末来", "另一句"):
            follow_ups.complete(session, acting(assistant), row.id, result, ref="c1")
        assert (row.state, row.result) == (FollowUpState.DONE, "周末来")
        assert follow_ups.pending(session, acting(assistant), customer_id=customer.id) == []

    def test_unknown(self, session: Session) -> None:
        with pytest.raises(FollowUpNotFound):
            follow_ups.complete(session, system("test"), 404, "", ref="c1")
        with pytest.raises(FollowUpNotFound):
            follow_ups.get(session, system("test"), 404)

    def test_not_of_somebody_elses_customer(self, session: Session) -> None:
        assistant, customer = hers(session)
        row = tried(session, assistant, customer)
        with pytest.raises(Forbidden):
            follow_ups.complete(session, acting(a_staff(session, "小李")), row.id, "", ref="c1")


class TestUndo:
    def test_a_ticked_off_one_is_open_again(self, session: Session) -> None:
        assistant, customer = hers(session)
        row = tried(session, assistant, customer)
        follow_ups.complete(session, acting(assistant), row.id, "周末来", ref="c1")
        assert follow_ups.undo(session, acting(assistant), "c1")
        found, who = follow_ups.get(session, acting(assistant), row.id)
        assert (found.state, found.result, who.id) == (FollowUpState.OPEN, None, customer.id)
        assert not follow_ups.undo(session, acting(assistant), "c1")

    @pytest.mark.every_database
    def test_a_try_on_is_gone_with_its_call(self, session: Session) -> None:
        assistant, customer = hers(session)
        tried(session, assistant, customer)
        assert follow_ups.undo(session, acting(assistant), "t1")
        session.commit()
        assert session.exec(select(TryOn)).all() == []
        assert session.exec(select(FollowUp)).all() == []
        events = timeline.latest(session, customer.id, EventKind.TRY_ON)
        assert {"withdrawn": True} in [event.data for event in events]

    def test_a_call_without_a_try_on_is_gone_too(self, session: Session) -> None:
        assistant, customer = hers(session)
        follow_ups.schedule(session, acting(assistant), customer.id, "生日", today(), ref="b1")
        assert follow_ups.undo(session, acting(assistant), "b1")
        assert session.exec(select(FollowUp)).all() == []

    def test_what_was_done_since_stays(self, session: Session) -> None:
        assistant, customer = hers(session)
        row = tried(session, assistant, customer)
        follow_ups.complete(session, acting(assistant), row.id, "周末来", ref="c1")
        assert not follow_ups.undo(session, acting(assistant), "t1")


MORNING = datetime(2026, 3, 12, 1, 5, tzinfo=UTC)  # 9:05 in the shop


class TestReminder:
    def test_one_text_a_day_for_everybody_with_something_due(self, session: Session) -> None:
        set_to(MORNING)
        assistant, customer = hers(session)
        for number in range(10):
            tried(session, assistant, customer, ref=f"t{number}")
        hers(session, "滨江店")  # nothing due
        jobs.remind_due()
        assert session.exec(select(Outbound)).all() == []
        session.rollback()
        set_to(MORNING + timedelta(days=4))
        jobs.remind_due()
        jobs.remind_due()
        told = session.exec(select(Outbound)).one()
        assert (told.channel, told.address) == ("wecom", assistant.wecom_userid)
        text = told.payload["text"]
        assert "10 位顾客要回访，其中 10 位已过期" in text
        assert "1. 李娟 尾号5678：试穿羊毛大衣 M码没买，嫌贵" in text
        assert "还有 2 位" in text
        assert len(text.encode()) < 2048

    @pytest.mark.parametrize("moment", [timedelta(minutes=-1), timedelta(hours=12)])
    def test_not_before_the_morning_nor_at_night(self, session: Session, moment: timedelta) -> None:
        set_to(MORNING + moment)
        _, customer = hers(session)
        follow_ups.schedule(session, system("x"), customer.id, "生日", today(), ref="b1")
        session.commit()
        jobs.remind_due()
        assert session.exec(select(Outbound)).all() == []

    def test_the_assistant_the_customer_has_now(self, session: Session) -> None:
        set_to(MORNING)
        _, customer = hers(session)
        follow_ups.schedule(session, system("x"), customer.id, "生日", today(), ref="b1")
        other = a_staff(session, "小李")
        customer.assistant_id = other.id
        session.commit()
        jobs.remind_due()
        assert session.exec(select(Outbound)).one().staff_id == other.id

    def test_nobody_who_has_left(self, session: Session) -> None:
        set_to(MORNING)
        assistant, customer = hers(session)
        follow_ups.schedule(session, system("x"), customer.id, "生日", today(), ref="b1")
        assistant.left = True
        session.commit()
        jobs.remind_due()
        assert session.exec(select(Outbound)).all() == []
