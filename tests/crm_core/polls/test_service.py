from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlmodel import Session, select

from crm_core import clock
from crm_core.authz import Actor, Forbidden, Role, system
from crm_core.db import unit_of_work
from crm_core.points import service as points
from crm_core.polls import jobs
from crm_core.polls import service as polls
from crm_core.polls.models import Ballot, PollState
from crm_core.polls.shares import percentages
from crm_core.rules import service as rules
from crm_core.timeline import service as timeline
from crm_core.timeline.models import EventKind
from tests.factories import a_customer, a_poll, a_staff, a_store, acting, themselves

HEADQUARTERS = system("test")


def yesterday(session: Session) -> int:
    """A poll whose time is over and that nobody has closed yet."""
    poll = a_poll(session, closes_at=clock.now() + timedelta(hours=1))
    poll.closes_at = clock.now() - timedelta(hours=1)
    session.commit()
    return poll.id


class TestVote:
    def test_counts_once_and_gives_points(self, session: Session) -> None:
        customer, poll = a_customer(session), a_poll(session)
        for _ in range(2):
            polls.vote(session, themselves(customer), poll.id, 2, ref="m1")
        result = polls.result(session, themselves(customer), poll.id)
        assert [share.votes for share in result.shares] == [0, 1]
        assert result.mine == 2
        assert points.balance(session, customer.id) == 50
        assert len(timeline.latest(session, customer.id, EventKind.VOTE)) == 1

    @pytest.mark.every_database
    def test_many_at_once_are_one_ballot_and_one_reward(self, session: Session) -> None:
        customer, poll = a_customer(session), a_poll(session)

        def vote(number: int) -> bool:
            try:
                with unit_of_work() as work:
                    polls.vote(
                        work, themselves(customer), poll.id, number % 2 + 1, ref=f"m{number}"
                    )
            except polls.AlreadyVoted:
                return False
            return True

        with ThreadPoolExecutor(16) as threads:
            assert list(threads.map(vote, range(16))).count(True) == 1
        assert len(session.exec(select(Ballot)).all()) == 1
        assert points.balance(session, customer.id) == 50

    @pytest.mark.every_database
    def test_many_customers_at_once_are_all_counted(self, session: Session) -> None:
        poll = a_poll(session)
        voters = [a_customer(session, "林晓月") for _ in range(8)]

        def vote(number: int) -> None:
            with unit_of_work() as work:
                polls.vote(work, themselves(voters[number]), poll.id, number % 2 + 1, ref="m")

        with ThreadPoolExecutor(8) as threads:
            list(threads.map(vote, range(8)))
        result = polls.result(session, HEADQUARTERS, poll.id)
        assert [share.votes for share in result.shares] == [4, 4]

    def test_another_vote_is_told_what_was_chosen(self, session: Session) -> None:
        customer, poll = a_customer(session), a_poll(session)
        polls.vote(session, themselves(customer), poll.id, 1, ref="m1")
        with pytest.raises(polls.AlreadyVoted) as refused:
            polls.vote(session, themselves(customer), poll.id, 2, ref="m2")
        assert refused.value.values == {"title": poll.title, "chosen": "通勤风衣", "number": 1}

    @pytest.mark.parametrize(("said", "number"), [(1, 1), (-1, 2), (-2, 1)])
    def test_options_count_from_both_ends(self, session: Session, said: int, number: int) -> None:
        customer, poll = a_customer(session), a_poll(session)
        polls.vote(session, themselves(customer), poll.id, said, ref="m1")
        assert polls.result(session, themselves(customer), poll.id).mine == number

    @pytest.mark.parametrize("number", [0, 3, -3])
    def test_an_option_that_is_none(self, session: Session, number: int) -> None:
        customer, poll = a_customer(session), a_poll(session)
        with pytest.raises(polls.NoSuchOption):
            polls.vote(session, themselves(customer), poll.id, number, ref="m1")
        assert points.balance(session, customer.id) == 0

    def test_not_after_the_end(self, session: Session) -> None:
        customer, closed = a_customer(session), a_poll(session)
        polls.close(session, HEADQUARTERS, closed.id)
        for poll_id in (closed.id, yesterday(session)):
            with pytest.raises(polls.PollClosed):
                polls.vote(session, themselves(customer), poll_id, 1, ref="m1")

    def test_not_in_another_store(self, session: Session) -> None:
        customer, poll = a_customer(session), a_poll(session, store=a_store(session))
        with pytest.raises(polls.PollNotFound):
            polls.vote(session, themselves(customer), poll.id, 1, ref="m1")

    def test_staff_have_no_vote(self, session: Session) -> None:
        poll = a_poll(session)
        for member in (a_staff(session), a_staff(session, role=Role.ADMIN)):
            with pytest.raises(Forbidden):
                polls.vote(session, acting(member), poll.id, 1, ref="m1")

    def test_a_shop_may_give_nothing_for_it(self, session: Session) -> None:
        rules.put(session, HEADQUARTERS, "points.vote", 0)
        customer, poll = a_customer(session), a_poll(session)
        polls.vote(session, themselves(customer), poll.id, 1, ref="m1")
        assert points.balance(session, customer.id) == 0


class TestSeeing:
    def test_customers_see_the_chains_and_their_stores(self, session: Session) -> None:
        here, there = a_store(session, "万达店"), a_store(session, "滨江店")
        for title, store in (("全部", None), ("这里", here), ("那里", there)):
            a_poll(session, title, store=store)
        customer = a_customer(session, assistant=a_staff(session, store=here))

        def titles(actor: Actor) -> set[str]:
            return {poll.title for poll in polls.open_now(session, actor)}

        assert titles(themselves(customer)) == {"全部", "这里"}
        assert titles(acting(a_staff(session, role=Role.MANAGER, store=there))) == {"全部", "那里"}
        assert titles(acting(a_staff(session, role=Role.MARKETER))) == {"全部", "这里", "那里"}
        assert titles(themselves(a_customer(session, "赵敏"))) == {"全部"}

    def test_what_is_over_is_not_open(self, session: Session) -> None:
        poll_id = yesterday(session)
        assert polls.open_now(session, HEADQUARTERS) == []
        assert [poll.id for poll in polls.recent(session, HEADQUARTERS)] == [poll_id]

    def test_how_it_stands_is_told_after_voting_or_the_end(self, session: Session) -> None:
        customer, poll = a_customer(session), a_poll(session)
        with pytest.raises(polls.VoteFirst):
            polls.result(session, themselves(customer), poll.id)
        assert polls.result(session, acting(a_staff(session)), poll.id).total == 0
        polls.close(session, HEADQUARTERS, poll.id)
        assert polls.result(session, themselves(customer), poll.id).mine is None


class TestClose:
    def test_is_for_the_store_of_the_poll(self, session: Session) -> None:
        here, there = a_store(session, "万达店"), a_store(session, "滨江店")
        poll = a_poll(session, store=here)
        with pytest.raises(Forbidden):
            polls.close(session, acting(a_staff(session, role=Role.MANAGER, store=there)), poll.id)
        with pytest.raises(Forbidden):
            polls.close(session, acting(a_staff(session, store=here)), poll.id)
        mine = acting(a_staff(session, role=Role.MANAGER, store=here))
        for _ in range(2):
            assert polls.close(session, mine, poll.id).state is PollState.CLOSED

    def test_the_chains_poll_is_not_a_managers(self, session: Session) -> None:
        poll, manager = a_poll(session), a_staff(session, role=Role.MANAGER, store=a_store(session))
        with pytest.raises(Forbidden):
            polls.close(session, acting(manager), poll.id)

    def test_an_unknown_poll(self, session: Session) -> None:
        with pytest.raises(polls.PollNotFound):
            polls.close(session, HEADQUARTERS, 404)

    def test_cron_closes_what_is_over(self, session: Session) -> None:
        poll_id, running = yesterday(session), a_poll(session)
        jobs.close_overdue()
        jobs.close_overdue()
        session.expire_all()
        states = [polls.get(session, HEADQUARTERS, n).state for n in (poll_id, running.id)]
        assert states == [PollState.CLOSED, PollState.OPEN]


@given(st.lists(st.integers(0, 10_000), min_size=2, max_size=9))
def test_percentages_add_up_and_are_near(votes: list[int]) -> None:
    shares = percentages(votes)
    assert sum(shares) == (100 if any(votes) else 0)
    for count, share in zip(votes, shares, strict=True):
        assert abs(share - 100 * count / max(1, sum(votes))) < 1


@given(votes=st.lists(st.tuples(st.integers(0, 4), st.integers(-4, 4)), max_size=12))
@settings(
    max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_whatever_is_tried_a_customer_has_at_most_one_ballot(
    session: Session, votes: list[tuple[int, int]]
) -> None:
    customers = [a_customer(session) for _ in range(5)]
    poll = a_poll(session, "哪套", "一", "二", "三")
    first: dict[int, int] = {}
    for number, (who, option) in enumerate(votes):
        try:
            polls.vote(session, themselves(customers[who]), poll.id, option, ref=f"m{number}")
        except (polls.AlreadyVoted, polls.NoSuchOption):
            continue
        first[who] = option % 4 if option < 0 else option
    result = polls.result(session, HEADQUARTERS, poll.id)
    assert result.total == len(first)
    assert [share.votes for share in result.shares] == [
        list(first.values()).count(number) for number in (1, 2, 3)
    ]
    paid = [points.balance(session, customer.id) for customer in customers]
    assert paid == [50 if who in first else 0 for who in range(5)]
