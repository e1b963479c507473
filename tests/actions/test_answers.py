"""Bare numbers: a pick from the list last shown, or the answer to what we asked since."""

from typing import Any

import pytest
from sqlmodel import Session

from actions.polls import ListPolls, VoteOutfit
from actions.ratings import RateService
from actions.shared import Help, SelectOption
from crm_core.customers.models import Customer
from crm_core.polls import service as polls
from crm_core.polls.models import Poll
from tests.actions.talk import Said, a_message, say
from tests.crm_core.asked.asking import a_survey, agree, an_invitation
from tests.factories import a_customer, a_poll, a_staff


@pytest.fixture
def customer(session: Session) -> Customer:
    made = a_customer(session, phone="+8613812345678")
    agree(session, made)
    return made


@pytest.fixture
def poll(session: Session) -> Poll:
    return a_poll(session, "春天先买哪件", "通勤风衣", "法式大衣", "牛仔外套")


def pick(session: Session, customer: Customer, text: str, option: str, slots: Any = None) -> Said:
    message = a_message(session, customer, text)
    intent = "select_option"
    return say(
        SelectOption, message, text=text, intent=intent, entities={"option": option}, slots=slots
    )


class TestAfterASurvey:
    @pytest.mark.parametrize(("text", "score"), [("5", 5), ("２", 2), ("四", 4)])
    def test_a_bare_number_is_the_score(
        self, session: Session, customer: Customer, text: str, score: int
    ) -> None:
        a_survey(session, customer)
        said = pick(session, customer, text, str(score))
        assert (said.then, said.names) == ("action_rate_service", [])
        assert said.slots["rating_scores"] == [["service", score]]
        done = say(RateService, a_message(session, customer), slots=said.slots)
        assert done.names[0].startswith("utter_rated")
        assert pick(session, customer, text, str(score)).names == ["utter_nothing_to_pick"]

    @pytest.mark.parametrize(("text", "option"), [("7", "7"), ("第二个", "2"), ("B", "2")])
    def test_what_is_no_score_is_none(
        self, session: Session, customer: Customer, text: str, option: str
    ) -> None:
        a_survey(session, customer)
        assert pick(session, customer, text, option).names == ["utter_nothing_to_pick"]


class TestAfterAPoll:
    @pytest.mark.parametrize(
        ("text", "option", "number"),
        [("2", "2", 2), ("B", "2", 2), ("第二套", "2", 2), ("最后一个", "-1", 3)],
    )
    def test_a_bare_pick_is_the_vote(
        self, session: Session, customer: Customer, poll: Poll, text: str, option: str, number: int
    ) -> None:
        a_poll(session, "另一个")  # newer, and not sent to anybody
        an_invitation(session, customer, poll)
        said = pick(session, customer, text, option)
        assert said.then == "action_vote_outfit"
        message = a_message(session, customer, text)
        voted = say(VoteOutfit, message, intent="select_option", slots=said.slots)
        ballot = polls.ballot_of(session, poll.id, customer.id)
        chosen = {one.id: one.number for one in polls.options(session, poll.id)}
        assert voted.names == ["utter_voted"]
        assert ballot is not None
        assert chosen[ballot.option_id] == number

    def test_a_number_too_high_shows_the_options(
        self, session: Session, customer: Customer, poll: Poll
    ) -> None:
        an_invitation(session, customer, poll)
        said = pick(session, customer, "7", "7")
        assert said.then == "action_vote_outfit"
        message = a_message(session, customer, "7")
        shown = say(VoteOutfit, message, intent="select_option", entities={"option": "7"})
        assert shown.names == ["utter_error_no_such_option", "utter_poll"]

    def test_a_vote_by_words_is_in_it_too(
        self, session: Session, customer: Customer, poll: Poll
    ) -> None:
        a_poll(session, "另一个")
        shown = a_poll(session, "早先看过的")
        an_invitation(session, customer, poll)
        message = a_message(session, customer)
        slots = {"poll_id": shown.id}
        said = say(VoteOutfit, message, entities={"option": "1"}, slots=slots)
        assert (said.names, said.slots["poll_id"]) == (["utter_voted"], poll.id)


class TestSeveral:
    def test_the_newest_that_it_fits_is_answered(
        self, session: Session, customer: Customer, poll: Poll
    ) -> None:
        a_survey(session, customer)
        an_invitation(session, customer, poll)
        assert pick(session, customer, "2", "2").then == "action_vote_outfit"
        assert pick(session, customer, "5", "5").then == "action_rate_service"

    def test_a_list_shown_since_goes_first(
        self, session: Session, customer: Customer, poll: Poll
    ) -> None:
        a_survey(session, customer)
        listed = say(Help, a_message(session, customer)).slots
        assert pick(session, customer, "1", "1", listed).then == "action_query_points"

    def test_a_list_shown_before_does_not(
        self, session: Session, customer: Customer, poll: Poll
    ) -> None:
        listed = say(ListPolls, a_message(session, customer)).slots
        a_survey(session, customer)
        assert pick(session, customer, "1", "1", listed).then == "action_rate_service"
        assert pick(session, customer, "第一套", "1", listed).then == "action_vote_outfit"

    def test_staff_pick_from_lists_only(self, session: Session) -> None:
        message = a_message(session, a_staff(session))
        said = say(SelectOption, message, text="5", entities={"option": "5"})
        assert said.names == ["utter_nothing_to_pick"]
