from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlmodel import Session, select

from actions.followups import CompleteFollowUp, ListFollowUps, ShowFollowUp
from actions.undo import UndoChange
from crm_core.authz import Role, system
from crm_core.clock import set_to, today
from crm_core.customers.models import Customer
from crm_core.follow_ups import service as follow_ups
from crm_core.follow_ups.models import FollowUp, FollowUpState
from crm_core.staff.models import Staff
from tests.actions.talk import Said, a_message, say
from tests.factories import a_customer, a_staff, a_store, acting


@pytest.fixture(autouse=True)
def _in_spring() -> None:
    set_to(datetime(2026, 3, 12, 4, 0, tzinfo=UTC))


@pytest.fixture
def assistant(session: Session) -> Staff:
    return a_staff(session, store=a_store(session))


def to_call(session: Session, assistant: Staff, name: str, *, days: int = 0) -> FollowUp:
    """A follow-up of a customer of that name, due in so many days."""
    customer = a_customer(session, name, assistant=assistant)
    return again(session, customer, days=days)


def again(session: Session, customer: Customer, *, days: int = 0) -> FollowUp:
    made = follow_ups.schedule(
        session, system("test"), customer.id, "试穿大衣没买", today() + timedelta(days=days),
        ref=f"f{customer.id}:{days}",
    )  # fmt: skip
    session.commit()
    return made


def listed(session: Session, who: Staff, text: str = "今天回访谁", **entities: Any) -> Said:
    return say(ListFollowUps, a_message(session, who), text=text, entities=entities)


class TestList:
    def test_due_and_overdue(self, session: Session, assistant: Staff) -> None:
        for name, days in (("王芳", 0), ("李娟", -2), ("赵敏", 1)):
            to_call(session, assistant, name, days=days)
        said = listed(session, assistant)
        assert (said.only["when"], said.only["count"]) == ("今天", 2)
        assert said.only["lines"] == "1. 李娟：试穿大衣没买（已过期 2 天）\n2. 王芳：试穿大衣没买"
        assert [one["action"] for one in said.slots["options"]] == ["action_show_followup"] * 2

    def test_of_today_when_today_is_named(self, session: Session, assistant: Staff) -> None:
        to_call(session, assistant, "李娟", days=-2)
        assert listed(session, assistant, time="2026-03-12").only["count"] == 1

    def test_of_other_days(self, session: Session, assistant: Staff) -> None:
        for name, days in (("王芳", 0), ("李娟", 4), ("赵敏", 20)):
            to_call(session, assistant, name, days=days)
        said = listed(session, assistant, time="2026-03-16/2026-03-22").only
        assert (said["when"], said["lines"]) == (
            "3月16日至22日",
            "1. 李娟：试穿大衣没买（3月16日）",
        )

    def test_all_of_them(self, session: Session, assistant: Staff) -> None:
        for number in range(12):
            to_call(session, assistant, f"王{number}", days=number)
        said = listed(session, assistant, "所有没跟的都报一遍").only
        assert (said["when"], said["count"], said["more"]) == ("", 12, "\n……还有 2 位")

    def test_none_names_the_next(self, session: Session, assistant: Staff) -> None:
        assert listed(session, assistant).only["next"] == ""
        to_call(session, assistant, "赵敏", days=3)
        said = listed(session, assistant).only
        assert said["response"] == "utter_no_followups"
        assert said["next"] == "最近一位是3月15日的赵敏：试穿大衣没买。"

    def test_a_manager_sees_the_shop_or_one_assistant(
        self, session: Session, assistant: Staff
    ) -> None:
        manager = a_staff(session, "周敏", role=Role.MANAGER)
        other = a_staff(session, "李娜")
        for member in (manager, other):
            member.store_id = assistant.store_id
        session.commit()
        for member in (assistant, other):
            to_call(session, member, "王芳")
        assert listed(session, manager).only["count"] == 2
        assert listed(session, manager, staff_name="小陈").only["count"] == 1
        assert listed(session, manager, staff_name="小赵").names == ["utter_error_staff_not_found"]

    def test_a_pick_shows_it(self, session: Session, assistant: Staff) -> None:
        row = to_call(session, assistant, "李娟", days=-2)
        picked = listed(session, assistant).slots["options"][0]["slots"]
        said = say(ShowFollowUp, a_message(session, assistant), slots=picked)
        assert (said.only["day"], said.only["late"]) == ("3月10日", "（已过期 2 天）")
        assert said.slots["customer_id"] == row.customer_id
        assert [one["action"] for one in said.slots["options"]] == [
            "action_complete_followup",
            "action_lookup_customer",
        ]

    def test_one_that_is_not_due_yet(self, session: Session, assistant: Staff) -> None:
        row = to_call(session, assistant, "李娟", days=3)
        said = say(ShowFollowUp, a_message(session, assistant), slots={"follow_up_id": row.id})
        assert (said.only["day"], said.only["late"]) == ("3月15日", "")

    def test_a_manager_cannot_tick_it_off(self, session: Session, assistant: Staff) -> None:
        row = to_call(session, assistant, "李娟")
        manager = a_staff(session, role=Role.MANAGER)
        manager.store_id = assistant.store_id
        session.commit()
        slots = {"follow_up_id": row.id}
        said = say(ShowFollowUp, a_message(session, manager), slots=slots)
        assert [one["action"] for one in said.slots["options"]] == ["action_lookup_customer"]
        refused = say(CompleteFollowUp, a_message(session, manager), slots=slots)
        assert refused.names == ["utter_error_forbidden"]


def completed(
    session: Session,
    who: Staff,
    text: str = "回访做完了，她周末来",
    intent: str = "complete_followup",
    slots: dict[str, Any] | None = None,
    **entities: Any,
) -> Said:
    message = a_message(session, who)
    return say(CompleteFollowUp, message, text=text, intent=intent, slots=slots, entities=entities)


def results(session: Session) -> dict[int, str | None]:
    session.rollback()  # see what others committed
    session.expunge_all()
    done = select(FollowUp).where(FollowUp.state == FollowUpState.DONE)
    return {row.id: row.result for row in session.exec(done)}


class TestComplete:
    def test_the_only_one_due_with_its_result(self, session: Session, assistant: Staff) -> None:
        row = to_call(session, assistant, "李娟")
        to_call(session, assistant, "王芳", days=3)
        said = completed(session, assistant)
        assert (said.only["name"], said.only["rest"]) == ("李娟", "今天的回访都做完了。")
        assert results(session) == {row.id: "回访做完了，她周末来"}

    def test_the_one_of_a_named_customer(self, session: Session, assistant: Staff) -> None:
        to_call(session, assistant, "王芳")
        row = to_call(session, assistant, "李娟")
        said = completed(session, assistant, customer_name="李姐")
        assert said.only["rest"] == "今天还有 1 位要回访。"
        assert list(results(session)) == [row.id]

    def test_two_of_a_name_keep_the_result(self, session: Session, assistant: Staff) -> None:
        rows = [to_call(session, assistant, name) for name in ("李娟", "李芳")]
        said = completed(session, assistant, customer_name="李姐")
        assert said.names == ["utter_which_of_them"]
        picked = said.slots["options"][1]["slots"]
        completed(session, assistant, "第2个", "select_option", picked)
        assert results(session) == {rows[1].id: "回访做完了，她周末来"}

    def test_the_one_of_the_list(self, session: Session, assistant: Staff) -> None:
        rows = [to_call(session, assistant, name) for name in ("李娟", "王芳", "赵敏")]
        slots = listed(session, assistant).slots
        completed(session, assistant, "第一个搞定", slots=slots, option="1")
        completed(session, assistant, "最后一个也回访了", slots=slots, option="-1")
        assert list(results(session)) == [rows[0].id, rows[2].id]

    def test_a_number_out_of_the_list_asks(self, session: Session, assistant: Staff) -> None:
        for name in ("李娟", "王芳"):
            to_call(session, assistant, name)
        slots = listed(session, assistant).slots
        assert completed(session, assistant, slots=slots, option="9").names == [
            "utter_which_followup"
        ]

    def test_the_one_looked_at_by_a_tap(self, session: Session, assistant: Staff) -> None:
        to_call(session, assistant, "王芳")
        row = to_call(session, assistant, "李娟")
        slots = {"follow_up_id": row.id, "customer_id": row.customer_id}
        completed(session, assistant, "第1个", "select_option", slots)
        assert results(session) == {row.id: "已回访"}

    def test_the_one_of_her(self, session: Session, assistant: Staff) -> None:
        to_call(session, assistant, "王芳")
        row = to_call(session, assistant, "李娟")
        completed(session, assistant, slots={"customer_id": row.customer_id})
        assert list(results(session)) == [row.id]

    def test_several_are_asked_and_the_result_is_kept(
        self, session: Session, assistant: Staff
    ) -> None:
        rows = [to_call(session, assistant, name) for name in ("李娟", "王芳")]
        said = completed(session, assistant)
        assert said.names == ["utter_which_followup"]
        picked = said.slots["options"][0]["slots"]
        completed(session, assistant, "第1个", "select_option", picked)
        assert results(session) == {rows[0].id: "回访做完了，她周末来"}

    def test_none_is_open(self, session: Session, assistant: Staff) -> None:
        assert completed(session, assistant).names == ["utter_no_followups_open"]

    def test_a_replayed_turn_ticks_off_one(self, session: Session, assistant: Staff) -> None:
        for name in ("李娟", "王芳"):
            to_call(session, assistant, name)
        slots = listed(session, assistant).slots
        message = a_message(session, assistant)
        replies = [
            say(
                CompleteFollowUp, message, intent="complete_followup", slots=slots,
                entities={"option": "1"},
            ).only
            for _ in range(2)
        ]  # fmt: skip
        assert replies[0] == replies[1]
        assert len(results(session)) == 1

    def test_can_be_taken_back(self, session: Session, assistant: Staff) -> None:
        to_call(session, assistant, "李娟")
        undo = completed(session, assistant).slots["undo"]
        said = say(UndoChange, a_message(session, assistant), slots={"undo": undo})
        assert said.names == ["utter_followup_undone"]
        assert results(session) == {}
        assert len(follow_ups.pending(session, acting(assistant))) == 1
        again_ = say(UndoChange, a_message(session, assistant), slots={"undo": undo})
        assert again_.names == ["utter_nothing_to_undo"]
