from datetime import timedelta

import pytest
from sqlmodel import Session

from crm_core import clock
from crm_core.asked import service as asked
from crm_core.asked.service import Question
from crm_core.authz import Forbidden
from crm_core.customers.models import Customer
from crm_core.outbox.models import OutboundState
from crm_core.polls import service as polls
from crm_core.ratings import jobs
from crm_core.ratings import service as ratings
from crm_core.ratings.models import Aspect
from tests.actions.talk import a_message
from tests.crm_core.asked.asking import HEADQUARTERS, a_survey, agree, an_invitation, arrive
from tests.factories import a_customer, a_poll, an_order, themselves


@pytest.fixture
def customer(session: Session) -> Customer:
    made = a_customer(session, phone="+8613812345678")
    agree(session, made)
    return made


def questions(session: Session, customer: Customer, after: int | None = None) -> list[Question]:
    return list(asked.open_to(session, themselves(customer), customer.id, after_inbound=after))


@pytest.mark.every_database
def test_a_survey_and_a_poll_wait_for_an_answer_newest_first(
    session: Session, customer: Customer
) -> None:
    poll = a_poll(session)
    a_survey(session, customer)
    an_invitation(session, customer, poll)
    newest, oldest = questions(session, customer)
    assert (newest.poll_id, newest.survey_id) == (poll.id, None)
    assert (oldest.poll_id, oldest.survey_id is None) == (None, False)


def test_what_was_answered_waits_no_longer(session: Session, customer: Customer) -> None:
    poll = a_poll(session)
    a_survey(session, customer)
    an_invitation(session, customer, poll)
    actor = themselves(customer)
    ratings.rate(session, actor, customer.id, [ratings.Score(Aspect.SERVICE, 5)], ref="r")
    polls.vote(session, actor, poll.id, 1, ref="v")
    assert questions(session, customer) == []


def test_a_closed_poll_awaits_nothing(session: Session, customer: Customer) -> None:
    poll = a_poll(session)
    an_invitation(session, customer, poll)
    polls.close(session, HEADQUARTERS, poll.id)
    assert questions(session, customer) == []


def test_an_old_survey_awaits_nothing(session: Session, customer: Customer) -> None:
    a_survey(session, customer)
    clock.set_to(clock.now() + timedelta(days=31))
    assert questions(session, customer) == []


@pytest.mark.parametrize(
    ("state", "waiting"),
    [(OutboundState.FAILED, 0), (OutboundState.PENDING, 0), (OutboundState.UNKNOWN, 1)],
)
def test_only_what_may_have_arrived_can_be_answered(
    session: Session, customer: Customer, state: OutboundState, waiting: int
) -> None:
    an_order(session, customer, "DD1", hours_ago=72)
    jobs.send_due_surveys()
    arrive(session, state)
    assert len(questions(session, customer)) == waiting


def test_only_what_came_after_a_message_of_theirs(session: Session, customer: Customer) -> None:
    earlier = a_message(session, customer)
    a_survey(session, customer)
    later = a_message(session, customer)
    assert len(questions(session, customer, after=earlier)) == 1
    assert questions(session, customer, after=later) == []


def test_polls_that_were_not_pushed_to_them_are_not_asked(
    session: Session, customer: Customer
) -> None:
    other = a_customer(session, "赵敏", phone="+8613900001234")
    agree(session, other)
    an_invitation(session, other, a_poll(session))
    assert questions(session, customer) == []
    assert len(questions(session, other)) == 1


def test_nobody_asks_for_another(session: Session, customer: Customer) -> None:
    with pytest.raises(Forbidden):
        asked.open_to(session, themselves(a_customer(session)), customer.id)
