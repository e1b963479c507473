from dataclasses import replace
from datetime import timedelta

import pytest
from sqlmodel import Session

from crm_core import clock
from crm_core.authz import Forbidden, Role, system
from crm_core.errors import CrmError
from crm_core.polls import publishing
from crm_core.polls import service as polls
from crm_core.polls.publishing import NewOption, NewPoll
from crm_core.saving import Change
from tests.factories import a_customer, a_poll, a_product, a_staff, a_store, acting, themselves

HEADQUARTERS = system("test")
COATS = NewPoll("先买哪件", (NewOption("通勤风衣"), NewOption("法式大衣")))


class TestCreate:
    def test_a_repeated_ref_is_the_same_poll(self, session: Session) -> None:
        first = publishing.create(session, HEADQUARTERS, COATS, ref="m1")
        assert publishing.create(session, HEADQUARTERS, COATS, ref="m1") == first
        titles = [option.title for option in polls.options(session, first.id)]
        assert titles == ["通勤风衣", "法式大衣"]

    def test_an_option_knows_its_product(self, session: Session) -> None:
        coat = a_product(session, "双面呢大衣", article_no="A2031")
        new = NewPoll("哪件", (NewOption("大衣", product="A2031"), NewOption("双面呢大衣")))
        poll = publishing.create(session, HEADQUARTERS, new, ref="m1")
        assert [o.product_id for o in polls.options(session, poll.id)] == [coat.id, coat.id]

    def test_managers_publish_for_their_own_store_only(self, session: Session) -> None:
        here, there = a_store(session, "万达店"), a_store(session, "滨江店")
        manager = acting(a_staff(session, role=Role.MANAGER, store=here))
        publishing.create(session, manager, replace(COATS, store_id=here.id), ref="m1")
        for store_id in (there.id, None):
            with pytest.raises(Forbidden):
                publishing.create(session, manager, replace(COATS, store_id=store_id), ref="m2")

    def test_assistants_publish_nothing(self, session: Session) -> None:
        with pytest.raises(Forbidden):
            publishing.create(session, acting(a_staff(session)), COATS, ref="m1")

    @pytest.mark.parametrize(
        ("titles", "error"),
        [
            (["一"], publishing.WrongNumberOfOptions),
            (list("一二三四五六七八九十"), publishing.WrongNumberOfOptions),
            (["一", "一"], publishing.OptionsAlike),
        ],
    )
    def test_options_make_sense(
        self, session: Session, titles: list[str], error: type[CrmError]
    ) -> None:
        new = NewPoll("哪套", tuple(NewOption(title) for title in titles))
        with pytest.raises(error):
            publishing.create(session, HEADQUARTERS, new, ref="m1")

    def test_it_does_not_end_before_it_begins(self, session: Session) -> None:
        with pytest.raises(publishing.ClosesInThePast):
            publishing.create(
                session, HEADQUARTERS, replace(COATS, closes_at=clock.now()), ref="m1"
            )

    @pytest.mark.parametrize("title", ["", "长" * 129])
    def test_words_fit(self, session: Session, title: str) -> None:
        with pytest.raises(ValueError, match="NewPoll"):
            publishing.create(session, HEADQUARTERS, replace(COATS, title=title), ref="m1")


class TestSave:
    def test_the_same_again_changes_nothing(self, session: Session) -> None:
        done = [publishing.save(session, HEADQUARTERS, COATS)[1] for _ in range(2)]
        assert done == [Change.ADDED, Change.SAME]

    def test_options_change_until_somebody_votes(self, session: Session) -> None:
        poll, _ = publishing.save(session, HEADQUARTERS, COATS)
        three = replace(COATS, options=(*COATS.options, NewOption("羽绒服")))
        assert publishing.save(session, HEADQUARTERS, three) == (poll, Change.CHANGED)
        polls.vote(session, themselves(a_customer(session)), poll.id, 3, ref="m1")
        with pytest.raises(publishing.PollHasVotes):
            publishing.save(session, HEADQUARTERS, COATS)

    def test_its_end_can_be_moved(self, session: Session) -> None:
        publishing.save(session, HEADQUARTERS, COATS)
        later = replace(COATS, closes_at=clock.now() + timedelta(days=1))
        poll, done = publishing.save(session, HEADQUARTERS, later)
        assert (poll.closes_at, done) == (later.closes_at, Change.CHANGED)

    def test_what_is_closed_stays_as_it_was(self, session: Session) -> None:
        old, _ = publishing.save(session, HEADQUARTERS, COATS)
        polls.close(session, HEADQUARTERS, old.id)
        assert publishing.save(session, HEADQUARTERS, COATS) == (old, Change.SAME)
        next_round = replace(COATS, options=(NewOption("红"), NewOption("黑")))
        new, done = publishing.save(session, HEADQUARTERS, next_round)
        assert (new != old, done) == (True, Change.ADDED)


class TestInvitation:
    def test_goes_to_the_senders_customers_who_have_not_voted(self, session: Session) -> None:
        here = a_store(session)
        chen, li = a_staff(session, "陈静", store=here), a_staff(session, "李娜", store=here)
        hers = [a_customer(session, "林晓月", assistant=chen) for _ in range(2)]
        other = a_customer(session, "赵敏", assistant=li)
        stranger = a_customer(session, "王芳")
        poll = a_poll(session)
        polls.vote(session, themselves(hers[0]), poll.id, 1, ref="m1")
        manager = a_staff(session, role=Role.MANAGER, store=here)
        marketer = a_staff(session, role=Role.MARKETER)
        expected = [(chen, [hers[1]]), (manager, [hers[1], other])]
        for sender, customers in [*expected, (marketer, [hers[1], other, stranger])]:
            invited = publishing.invitation(session, acting(sender), poll.id)
            assert invited.customer_ids == [customer.id for customer in customers]
        some = publishing.invitation(session, acting(marketer), poll.id, among={other.id})
        assert some.customer_ids == [other.id]

    def test_of_a_stores_poll_goes_to_that_store(self, session: Session) -> None:
        here = a_store(session)
        customer = a_customer(session, assistant=a_staff(session, store=here))
        a_customer(session, "赵敏")
        poll = a_poll(session, store=here)
        assert publishing.invitation(session, HEADQUARTERS, poll.id).customer_ids == [customer.id]

    def test_says_what_can_be_chosen_and_what_it_gives(self, session: Session) -> None:
        text = publishing.invitation(session, HEADQUARTERS, a_poll(session).id).text
        assert "1. 通勤风衣\n2. 法式大衣" in text
        assert "50积分" in text

    def test_to_a_closed_poll_makes_no_sense(self, session: Session) -> None:
        poll = a_poll(session)
        polls.close(session, HEADQUARTERS, poll.id)
        with pytest.raises(polls.PollClosed):
            publishing.invitation(session, HEADQUARTERS, poll.id)

    def test_customers_invite_nobody(self, session: Session) -> None:
        with pytest.raises(Forbidden):
            publishing.invitation(session, themselves(a_customer(session)), a_poll(session).id)
