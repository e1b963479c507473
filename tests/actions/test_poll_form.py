import pytest
from sqlmodel import Session, select

from actions import poll_form
from crm_core.authz import Role
from crm_core.polls.models import Poll
from crm_core.staff.models import Staff
from tests.actions.forms import Form
from tests.actions.talk import a_message, say
from tests.factories import (
    a_product,
    a_staff,
    a_store,
)

SENTENCE = "发起一个投票：通勤风衣还是法式大衣"


@pytest.fixture
def manager(session: Session) -> Staff:
    return a_staff(session, "王芳", role=Role.MANAGER, store=a_store(session))


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
