from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from rq import Queue
from sqlmodel import Session, select

from actions import poll_form, poll_running
from actions.base import CrmAction
from crm_core import clock, queues
from crm_core.authz import Role, system
from crm_core.campaigns.models import Campaign, Push
from crm_core.orders import service as orders
from crm_core.orders.service import NewLine, NewOrder
from crm_core.polls import service as polls
from crm_core.polls.models import Poll, PollState
from crm_core.staff.models import Staff
from tests.actions.talk import Said, a_message, say
from tests.factories import (
    a_customer,
    a_poll,
    a_product,
    a_staff,
    a_store,
    themselves,
)

HEADQUARTERS = system("test")
SENTENCE = "发起一个投票：通勤风衣还是法式大衣"


@pytest.fixture
def manager(session: Session) -> Staff:
    return a_staff(session, "王芳", role=Role.MANAGER, store=a_store(session))


@dataclass
class Form:
    """A form as Rasa runs it: the slots that each message fills stay for the next."""

    session: Session
    member: Staff
    action: type[CrmAction]
    name: str

    def __post_init__(self) -> None:
        self.slots: dict[str, Any] = {}

    def hears(self, text: str, intent: str, asked: str | None = None, **entities: str) -> Said:
        self.slots["requested_slot"] = asked
        return self.runs(self.action, text, intent, **entities)

    def runs(
        self, action: type[CrmAction], text: str = "", intent: str = "", **entities: str
    ) -> Said:
        message = a_message(self.session, self.member)
        said = say(
            action, message, text=text, intent=intent, entities=dict(entities),
            slots=self.slots, form=self.name,
        )  # fmt: skip
        self.slots |= said.slots
        self.session.expire_all()
        return said


class TestPublishing:
    @pytest.fixture
    def form(self, session: Session, manager: Staff) -> Form:
        return Form(session, manager, poll_form.PollForm, "poll_form")

    def test_one_sentence_is_enough_and_is_shown_first(self, form: Form) -> None:
        form.hears(SENTENCE, "create_poll")
        draft = form.runs(poll_form.AskPollConfirm).only
        assert draft["lines"] == "1. 通勤风衣\n2. 法式大衣"
        assert (draft["where"], draft["reward"]) == ("万达店", "，每人投票送 50 积分")
        assert form.session.exec(select(Poll)).all() == []
        form.hears("确认", "affirm", "poll_confirm")
        done = form.runs(poll_form.CreatePoll)
        assert done.names == ["utter_poll_published"]
        poll = form.session.exec(select(Poll)).one()
        assert (poll.title, poll.store_id) == ("通勤风衣还是法式大衣", form.member.store_id)
        assert done.slots["poll_id"] == poll.id
        assert form.slots["poll_title"] is None

    def test_a_replayed_confirmation_publishes_once(self, form: Form) -> None:
        form.hears(SENTENCE, "create_poll")
        form.hears("确认", "affirm", "poll_confirm")
        message = a_message(form.session, form.member)
        for _ in range(2):
            say(poll_form.CreatePoll, message, slots=form.slots)
        assert len(form.session.exec(select(Poll)).all()) == 1

    def test_what_is_missing_is_asked(self, form: Form) -> None:
        opening = form.hears("发起投票", "create_poll").slots
        assert (opening["poll_title"], opening["poll_options"]) == (None, None)
        title = form.hears("你最喜欢哪件风衣", "vote_outfit", "poll_title").slots
        assert title == {"poll_title": "你最喜欢哪件风衣"}
        one = form.hears("红的", "nlu_fallback", "poll_options")
        assert one.names == ["utter_error_poll_options"]
        form.hears("红的、黑的", "nlu_fallback", "poll_options")
        assert form.slots["poll_options"] == ["红的", "黑的"]

    @pytest.mark.parametrize("title", ["", "长" * 129])
    def test_a_title_that_does_not_fit_is_asked_again(self, form: Form, title: str) -> None:
        assert form.hears(title, "", "poll_title").names == ["utter_poll_title_length"]

    def test_options_too_long_or_too_many_are_asked(self, form: Form) -> None:
        for listed in ("、".join("一二三四五六七八九十"), "红、" + "长" * 129):
            form.hears(f"发起投票：{listed}", "create_poll")
            assert form.slots["poll_options"] is None

    def test_no_leaves_everything_as_it_was(self, form: Form) -> None:
        form.hears(SENTENCE, "create_poll")
        form.hears("不用了", "deny", "poll_confirm")
        assert form.runs(poll_form.CreatePoll).names == ["utter_poll_not_published"]
        assert form.session.exec(select(Poll)).all() == []

    def test_no_in_the_middle_leaves_the_form(self, form: Form) -> None:
        form.hears("发起投票", "create_poll")
        said = form.hears("不用了", "deny", "poll_title")
        assert said.names == ["utter_cancelled"]
        assert {"event": "active_loop", "timestamp": None, "name": None} in said.events

    def test_an_answer_is_an_answer_whatever_it_looks_like(self, form: Form) -> None:
        form.hears("橱窗摆哪一身", "create_poll", "poll_title")
        form.hears("红裙子和黑大衣", "create_poll", "poll_options")
        assert form.slots["poll_title"] == "橱窗摆哪一身"
        assert form.slots["poll_options"] == ["红裙子", "黑大衣"]

    def test_another_sentence_corrects_the_draft(self, form: Form) -> None:
        form.hears(SENTENCE, "create_poll")
        form.hears("发起投票：红还是黑", "create_poll", "poll_confirm")
        assert form.slots["poll_options"] == ["红", "黑"]
        empty = form.hears("发起投票", "create_poll", "poll_confirm")
        assert (empty.slots, form.slots["poll_options"]) == ({"poll_confirm": None}, ["红", "黑"])

    def test_other_talk_fills_nothing(self, form: Form) -> None:
        assert form.hears("今天生意怎么样", "store_report", "poll_title").slots == {}
        assert form.hears("第二个", "select_option", "poll_confirm").slots == {}
        assert form.hears("有意思", "chitchat", "customer_id").slots == {}

    def test_an_earlier_draft_is_forgotten_by_the_next_opening(self, form: Form) -> None:
        form.hears(SENTENCE, "create_poll")
        form.hears("发起投票", "select_option")
        assert form.slots["poll_options"] is None

    def test_article_numbers_become_names(self, form: Form) -> None:
        a_product(form.session, "双面呢大衣", article_no="A2031")
        form.hears("发起投票：A2031、真丝衬衫", "create_poll")
        assert form.slots["poll_options"] == ["双面呢大衣", "真丝衬衫"]

    @pytest.mark.parametrize("time", ["2099-03-13", "2099-03-11/2099-03-13"])
    def test_a_named_day_is_the_last_one(self, form: Form, time: str) -> None:
        form.hears(f"{SENTENCE}，周五截止", "create_poll", time=time)
        assert form.runs(poll_form.AskPollConfirm).only["ends"] == "3月14日 00:00截止"

    @pytest.mark.parametrize(("said", "time"), [("周五", "2099-03-13"), ("晚上截止", "晚上")])
    def test_other_times_are_no_end(self, form: Form, said: str, time: str) -> None:
        form.hears(f"{SENTENCE}，{said}", "create_poll", time=time)
        assert form.slots["poll_closes"] is None

    def test_headquarters_publish_for_all_or_for_one(self, session: Session) -> None:
        store = a_store(session, "滨江店")
        marketer = a_staff(session, role=Role.MARKETER)
        form = Form(session, marketer, poll_form.PollForm, "poll_form")
        form.hears(SENTENCE, "create_poll")
        assert form.runs(poll_form.AskPollConfirm).only["where"] == "全部门店"
        form.hears(SENTENCE, "create_poll", store="滨江店")
        assert form.runs(poll_form.AskPollConfirm).only["where"] == "滨江店"
        form.hears("确认", "affirm", "poll_confirm")
        form.runs(poll_form.CreatePoll)
        assert session.exec(select(Poll)).one().store_id == store.id

    def test_assistants_are_refused(self, session: Session) -> None:
        form = Form(session, a_staff(session), poll_form.PollForm, "poll_form")
        said = form.hears(SENTENCE, "create_poll")
        assert said.names == ["utter_error_forbidden"]
        assert said.then == "action_listen"


@pytest.mark.parametrize(
    ("text", "intent", "kept"),
    [
        ("确认发布", "nlu_fallback", {"poll_confirm": True}),
        ("确认发布", "create_poll", {"poll_confirm": True}),
        ("先不发布", "nlu_fallback", {"poll_confirm": False}),
        ("确认一下今天的业绩", "nlu_fallback", {}),
        ("嗯嗯", "affirm", {"poll_confirm": True}),
    ],
)
def test_the_words_on_a_button_may_be_typed(
    session: Session, manager: Staff, text: str, intent: str, kept: dict[str, bool]
) -> None:
    form = Form(session, manager, poll_form.PollForm, "poll_form")
    assert form.hears(text, intent, "poll_confirm").slots == kept


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
            orders.record(form.session, HEADQUARTERS, new, ref=f"DD{customer.id}")
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
