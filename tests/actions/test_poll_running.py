from datetime import timedelta

import pytest
from rq import Queue
from sqlmodel import Session, select

from actions import poll_running
from crm_core import clock, queues
from crm_core.authz import Role, system
from crm_core.campaigns.models import Campaign, Push
from crm_core.orders.service import NewLine, NewOrder
from crm_core.polls import service as polls
from crm_core.polls.models import Poll, PollState
from crm_core.sales import service as sales
from crm_core.staff.models import Staff
from tests.actions.forms import Form
from tests.actions.talk import a_message, say
from tests.factories import (
    a_customer,
    a_poll,
    a_staff,
    a_store,
    themselves,
)

HEADQUARTERS = system("test")


@pytest.fixture
def manager(session: Session) -> Staff:
    return a_staff(session, "王芳", role=Role.MANAGER, store=a_store(session))


class TestSending:
    @pytest.fixture
    def assistant(self, session: Session) -> Staff:
        return a_staff(session, store=a_store(session))

    @pytest.fixture
    def form(self, session: Session, assistant: Staff) -> Form:
        return Form(session, assistant, poll_running.PollSendForm, "poll_send_form")

    def sent_to(self, form: Form) -> set[int]:
        form.hears("确认", "affirm", "poll_confirm")
        assert form.runs(poll_running.SendPoll).names == ["utter_poll_sent"]
        return set(form.session.exec(select(Push.customer_id)))

    def test_says_how_many_first_and_sends_once(self, form: Form, assistant: Staff) -> None:
        poll = a_poll(form.session)
        customer = a_customer(form.session, assistant=assistant)
        a_customer(form.session, "赵敏")
        form.hears("把投票发给我的顾客", "send_poll")
        assert form.slots["chosen_poll"] == poll.id
        draft = form.runs(poll_running.AskPollSendConfirm).only
        assert (draft["count"], draft["whose"]) == (1, "顾客")
        assert "1. 通勤风衣" in draft["words"]
        assert form.session.exec(select(Campaign)).all() == []
        form.hears("确认", "affirm", "poll_confirm")
        message = a_message(form.session, assistant)
        slots = dict(form.slots)
        for _ in range(2):
            assert say(poll_running.SendPoll, message, slots=slots).only["count"] == 1
        assert form.session.exec(select(Push.customer_id)).all() == [customer.id]
        assert form.session.exec(select(Campaign)).one().created_by == f"staff:{assistant.id}"

    def test_the_one_named_by_its_title_is_sent(self, form: Form, assistant: Staff) -> None:
        named = a_poll(form.session, "春天先买哪件")
        a_poll(form.session, "哪双鞋更百搭")
        a_customer(form.session, assistant=assistant)
        form.hears("把春天先买哪件发给我的顾客", "send_poll")
        assert form.slots["chosen_poll"] == named.id

    def test_workers_send_it(self, form: Form, assistant: Staff) -> None:
        a_poll(form.session)
        a_customer(form.session, assistant=assistant)
        form.hears("发投票", "send_poll")
        self.sent_to(form)
        bulk: Queue = queues.get(queues.BULK)
        assert [job.func_name for job in bulk.jobs] == ["crm_core.campaigns.jobs.dispatch"]

    def test_no_sends_nothing(self, form: Form, assistant: Staff) -> None:
        a_poll(form.session)
        a_customer(form.session, assistant=assistant)
        form.hears("发投票", "send_poll")
        form.hears("不用了", "deny", "poll_confirm")
        assert form.runs(poll_running.SendPoll).names == ["utter_poll_not_sent"]
        assert form.session.exec(select(Campaign)).all() == []

    def test_a_segment_narrows_ones_own_customers(self, form: Form, assistant: Staff) -> None:
        a_poll(form.session)
        sleeping, other = [a_customer(form.session, assistant=assistant) for _ in range(2)]
        foreign = a_customer(form.session, "赵敏")
        for customer in (sleeping, foreign):
            paid_at = clock.now() - timedelta(days=200)
            new = NewOrder(customer.id, paid_at, (NewLine("风衣", 10000),))
            sales.record_sale(form.session, HEADQUARTERS, new, ref=f"DD{customer.id}")
        form.session.commit()
        form.hears("发给沉睡的", "send_poll", segment="沉睡")
        assert form.runs(poll_running.AskPollSendConfirm).only["whose"] == "沉睡顾客"
        assert self.sent_to(form) == {sleeping.id}
        assert form.session.exec(select(Campaign)).one().segment == "沉睡"
        assert other.id not in form.session.exec(select(Push.customer_id)).all()

    def test_a_person_named_is_the_only_one(self, form: Form, assistant: Staff) -> None:
        a_poll(form.session)
        named = a_customer(form.session, "王晓梅", phone="+8613812345678", assistant=assistant)
        a_customer(form.session, "王梅", phone="+8613812340000", assistant=assistant)
        form.hears("发给王女士", "send_poll", customer_name="王女士", phone_tail="5678")
        assert self.sent_to(form) == {named.id}

    @pytest.mark.parametrize("name", ["王女士", "赵女士"])
    def test_a_person_unclear_gets_nobody_else_the_poll(
        self, form: Form, assistant: Staff, name: str
    ) -> None:
        a_poll(form.session)
        for full in ("王晓梅", "王梅"):
            a_customer(form.session, full, assistant=assistant)
        said = form.hears("发给她", "send_poll", customer_name=name)
        assert (said.names, said.then) == (["utter_error_person_unclear"], "action_listen")

    def test_nobody_is_left(self, form: Form, assistant: Staff) -> None:
        poll, customer = a_poll(form.session), a_customer(form.session, assistant=assistant)
        polls.vote(form.session, themselves(customer), poll.id, 1, ref="m1")
        form.session.commit()
        form.hears("发投票", "send_poll")
        said = form.runs(poll_running.AskPollSendConfirm)
        assert (said.names, said.then) == (["utter_nobody_to_invite"], "action_listen")

    def test_of_several_polls_it_asks(self, form: Form) -> None:
        first, _ = a_poll(form.session, "春天"), a_poll(form.session, "冬天")
        form.hears("发投票", "send_poll")
        assert form.slots["chosen_poll"] is None
        assert form.runs(poll_running.AskPollToSend).only["lines"] == "1. 冬天\n2. 春天"
        assert form.hears("第三个", "select_option", "chosen_poll", option="3").slots == {}
        form.hears("第二个", "select_option", "chosen_poll", option="2")
        assert form.slots["chosen_poll"] == first.id

    @pytest.mark.parametrize(
        ("said", "slots"),
        [({"option": "2"}, {}), ({"category": "风衣"}, {}), ({}, {"poll_id": 1})],
    )
    def test_a_poll_is_named_by_number_goods_or_as_the_last(
        self, form: Form, said: dict[str, str], slots: dict[str, int]
    ) -> None:
        first = a_poll(form.session, "春天", "风衣", "大衣")
        a_poll(form.session, "冬天", "羽绒服", "毛衣")
        form.slots |= {"poll_id": first.id} if slots else {}
        form.hears("发投票", "send_poll", **said)
        assert form.slots["chosen_poll"] == first.id

    def test_no_instead_of_a_poll_leaves_the_form(self, form: Form) -> None:
        said = form.hears("算了不发了", "deny", "chosen_poll")
        assert (said.names, said.then) == (["utter_cancelled"], "action_listen")

    def test_nothing_to_send(self, form: Form) -> None:
        said = form.hears("发投票", "send_poll")
        assert (said.names, said.then) == (["utter_no_polls"], "action_listen")

    def test_other_talk_is_no_confirmation(self, form: Form) -> None:
        a_poll(form.session)
        assert form.hears("嗯", "nlu_fallback", "poll_confirm").slots == {}

    def test_an_error_while_asked_asks_again(self, form: Form, session: Session) -> None:
        a_poll(session)
        said = form.hears("发给火星人", "send_poll", "chosen_poll", segment="火星")
        assert (said.names, said.slots) == (["utter_error_unknown_segment"], {"chosen_poll": None})


class TestClosing:
    @pytest.fixture
    def form(self, session: Session, manager: Staff) -> Form:
        return Form(session, manager, poll_running.PollCloseForm, "poll_close_form")

    def mine(self, form: Form, title: str = "春天") -> Poll:
        store = form.session.get_one(type(a_store(form.session, title)), form.member.store_id)
        return a_poll(form.session, title, store=store)

    def test_tells_the_result(self, form: Form) -> None:
        poll = self.mine(form)
        voter = a_customer(form.session)
        voter.store_id = form.member.store_id
        form.session.commit()
        polls.vote(form.session, themselves(voter), poll.id, 2, ref="m1")
        form.session.commit()
        form.hears("关投票", "close_poll")
        assert form.runs(poll_running.AskPollCloseConfirm).only["total"] == 1
        form.hears("确认", "affirm", "poll_confirm")
        done = form.runs(poll_running.ClosePoll).only
        assert (done["response"], done["total"]) == ("utter_poll_closed", 1)
        assert done["lines"].endswith("2. 法式大衣 1票 100%")
        assert form.session.get_one(Poll, poll.id).state is PollState.CLOSED

    def test_no_leaves_it_open(self, form: Form) -> None:
        poll = self.mine(form)
        form.hears("关投票", "close_poll")
        form.hears("先不关", "deny", "poll_confirm")
        assert form.runs(poll_running.ClosePoll).names == ["utter_poll_not_closed"]
        assert form.session.get_one(Poll, poll.id).state is PollState.OPEN

    def test_the_chains_polls_are_not_offered_to_a_manager(self, form: Form) -> None:
        a_poll(form.session)
        assert form.hears("关投票", "close_poll").names == ["utter_none_to_close"]

    def test_of_several_it_asks(self, form: Form) -> None:
        for title in ("春天", "冬天"):
            self.mine(form, title)
        form.hears("关投票", "close_poll")
        assert form.runs(poll_running.AskPollToClose).only["lines"] == "1. 冬天\n2. 春天"

    def test_headquarters_close_every_poll(self, session: Session) -> None:
        poll = a_poll(session, store=a_store(session))
        marketer = a_staff(session, role=Role.MARKETER)
        form = Form(session, marketer, poll_running.PollCloseForm, "poll_close_form")
        form.hears("关投票", "close_poll")
        assert form.slots["chosen_poll"] == poll.id
