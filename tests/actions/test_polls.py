import pytest
from sqlmodel import Session

from actions.polls import ListPolls, QueryPollResult, ShowPoll, ShowPollResult, VoteOutfit
from crm_core.authz import system
from crm_core.customers.models import Customer
from crm_core.points import service as points
from crm_core.polls import service as polls
from crm_core.rules import service as rules
from tests.actions.talk import Said, a_message, say
from tests.factories import a_customer, a_poll, a_product, a_staff, themselves

HEADQUARTERS = system("test")


@pytest.fixture
def customer(session: Session) -> Customer:
    return a_customer(session)


def voted(session: Session, customer: Customer, poll_id: int, option: int) -> None:
    polls.vote(session, themselves(customer), poll_id, option, ref=f"{poll_id}")
    session.commit()


def picked(session: Session, customer: Customer, said: Said, number: int) -> dict[str, object]:
    """The slots that picking from the list sets."""
    slots: dict[str, object] = said.slots["options"][number - 1]["slots"]
    return slots


class TestListPolls:
    def test_the_only_poll_shows_its_options(self, session: Session, customer: Customer) -> None:
        poll = a_poll(session)
        said = say(ListPolls, a_message(session, customer))
        assert said.only["lines"] == "1. 通勤风衣\n2. 法式大衣"
        assert said.only["reward"] == "，投票送 50 积分"
        assert said.slots["poll_id"] == poll.id

    def test_several_are_listed_and_picked(self, session: Session, customer: Customer) -> None:
        for title in ("春天", "夏天"):
            a_poll(session, title)
        said = say(ListPolls, a_message(session, customer))
        assert said.only["lines"] == "1. 夏天\n2. 春天"
        shown = say(
            ShowPoll, a_message(session, customer), slots=picked(session, customer, said, 2)
        )
        assert (shown.only["response"], shown.only["title"]) == ("utter_poll", "春天")

    def test_there_may_be_none(self, session: Session, customer: Customer) -> None:
        assert say(ListPolls, a_message(session, customer)).names == ["utter_no_polls"]

    def test_who_has_voted_sees_how_it_stands(self, session: Session, customer: Customer) -> None:
        voted(session, customer, a_poll(session).id, 2)
        said = say(ListPolls, a_message(session, customer)).only
        assert said["response"] == "utter_poll_result"
        assert "法式大衣" in said["mine"]


class TestVote:
    @pytest.mark.parametrize(("option", "chosen"), [("2", "法式大衣"), ("-1", "法式大衣")])
    def test_by_number(
        self, session: Session, customer: Customer, option: str, chosen: str
    ) -> None:
        a_poll(session)
        message = a_message(session, customer)
        for _ in range(2):  # a replayed turn
            said = say(VoteOutfit, message, entities={"option": option}).only
            assert (said["response"], said["chosen"]) == ("utter_voted", chosen)
            assert said["reward"] == "，50 积分已到账"
            assert said["lines"].endswith("2. 法式大衣 1票 100%")
        assert points.balance(session, customer.id) == 50

    def test_by_a_pick_from_the_list(self, session: Session, customer: Customer) -> None:
        a_poll(session)
        said = say(ListPolls, a_message(session, customer))
        slots = picked(session, customer, said, 2)
        message = a_message(session, customer)
        done = say(VoteOutfit, message, intent="select_option", slots=slots)
        assert done.only["chosen"] == "法式大衣"
        assert done.slots["poll_option"] is None

    @pytest.mark.parametrize(
        "entities",
        [{"style": "法式"}, {"category": "大衣"}, {"style": "法式", "category": "大衣"}],
    )
    def test_by_what_it_shows(
        self, session: Session, customer: Customer, entities: dict[str, str | list[str]]
    ) -> None:
        a_poll(session, "哪套", "法式风衣", "法式大衣", "通勤大衣") if len(
            entities
        ) > 1 else a_poll(session)
        said = say(VoteOutfit, a_message(session, customer), entities=entities)
        assert said.only["chosen"] == "法式大衣"

    def test_by_its_product(self, session: Session, customer: Customer) -> None:
        a_product(session, "羊毛双面呢大衣", article_no="A2031")
        a_poll(session, "哪件", "真丝衬衫", "A2031")
        said = say(VoteOutfit, a_message(session, customer), entities={"product": "羊毛双面呢大衣"})
        assert said.only["chosen"] == "A2031"

    def test_by_its_whole_title(self, session: Session, customer: Customer) -> None:
        a_poll(session, "哪套", "云朵", "晚霞")
        said = say(VoteOutfit, a_message(session, customer), text="我投晚霞")
        assert said.only["chosen"] == "晚霞"

    def test_what_fits_several_options_is_asked(self, session: Session, customer: Customer) -> None:
        a_poll(session, "哪套", "法式风衣", "法式大衣", "通勤大衣")
        said = say(VoteOutfit, a_message(session, customer), entities={"style": "法式"})
        assert (said.only["response"], said.only["lines"]) == (
            "utter_which_option", "1. 法式风衣\n2. 法式大衣",
        )  # fmt: skip
        assert points.balance(session, customer.id) == 0

    def test_two_numbers_in_one_sentence_are_asked(
        self, session: Session, customer: Customer
    ) -> None:
        a_poll(session)
        said = say(VoteOutfit, a_message(session, customer), entities={"option": ["1", "2"]})
        assert said.names == ["utter_which_option"]

    def test_nothing_named_shows_the_options(self, session: Session, customer: Customer) -> None:
        a_poll(session)
        assert say(VoteOutfit, a_message(session, customer)).names == ["utter_poll"]

    def test_a_number_too_high_shows_the_options(
        self, session: Session, customer: Customer
    ) -> None:
        a_poll(session)
        said = say(VoteOutfit, a_message(session, customer), entities={"option": "7"})
        assert said.names == ["utter_error_no_such_option", "utter_poll"]

    def test_of_several_polls_the_last_shown(self, session: Session, customer: Customer) -> None:
        shown, other = a_poll(session, "春天"), a_poll(session, "夏天")
        message = a_message(session, customer)
        say(VoteOutfit, message, entities={"option": "1"}, slots={"poll_id": shown.id})
        assert polls.ballot_of(session, shown.id, customer.id)
        again = say(VoteOutfit, a_message(session, customer), entities={"option": "2"},
                    slots={"poll_id": shown.id})  # fmt: skip
        assert again.names == ["utter_error_already_voted"]
        assert polls.ballot_of(session, other.id, customer.id) is None

    def test_goods_of_another_poll_than_the_last_shown(
        self, session: Session, customer: Customer
    ) -> None:
        shown = a_poll(session, "颜色", "米白", "藏青")
        other = a_poll(session, "款式", "法式风衣", "法式大衣")
        a_poll(session, "鞋", "高跟", "平底")
        asked = say(
            VoteOutfit, a_message(session, customer), entities={"style": "法式"},
            slots={"poll_id": shown.id},
        )  # fmt: skip
        assert asked.only["lines"] == "1. 法式风衣\n2. 法式大衣"
        say(
            VoteOutfit, a_message(session, customer), entities={"category": "大衣"},
            slots={"poll_id": shown.id},
        )  # fmt: skip
        assert polls.ballot_of(session, other.id, customer.id)

    def test_of_several_polls_none_shown_it_asks(
        self, session: Session, customer: Customer
    ) -> None:
        for title in ("春天", "夏天"):
            a_poll(session, title)
        asked = say(VoteOutfit, a_message(session, customer), entities={"option": "2"})
        assert asked.only["lines"] == "1. 夏天：法式大衣\n2. 春天：法式大衣"
        done = say(
            VoteOutfit, a_message(session, customer), intent="select_option",
            slots=picked(session, customer, asked, 1),
        )  # fmt: skip
        assert done.only["chosen"] == "法式大衣"
        unclear = say(VoteOutfit, a_message(session, a_customer(session, "赵敏")))
        assert unclear.names == ["utter_polls"]

    def test_of_several_polls_the_one_still_open_to_the_customer(
        self, session: Session, customer: Customer
    ) -> None:
        voted(session, customer, a_poll(session, "春天").id, 1)
        fresh = a_poll(session, "夏天")
        say(VoteOutfit, a_message(session, customer), entities={"option": "2"})
        assert polls.ballot_of(session, fresh.id, customer.id)

    def test_a_change_is_refused_with_what_was_chosen(
        self, session: Session, customer: Customer
    ) -> None:
        voted(session, customer, a_poll(session).id, 1)
        said = say(VoteOutfit, a_message(session, customer), entities={"option": "2"}).only
        assert (said["response"], said["chosen"]) == ("utter_error_already_voted", "通勤风衣")

    def test_nothing_is_open(self, session: Session, customer: Customer) -> None:
        polls.close(session, HEADQUARTERS, a_poll(session).id)
        session.commit()
        said = say(VoteOutfit, a_message(session, customer), entities={"option": "2"})
        assert said.names == ["utter_no_polls"]

    def test_a_shop_without_a_reward_promises_none(
        self, session: Session, customer: Customer
    ) -> None:
        rules.put(session, HEADQUARTERS, "points.vote", 0)
        a_poll(session)
        said = say(VoteOutfit, a_message(session, customer), entities={"option": "2"})
        assert said.only["reward"] == ""

    def test_staff_have_no_vote(self, session: Session) -> None:
        a_poll(session)
        said = say(VoteOutfit, a_message(session, a_staff(session)), entities={"option": "1"})
        assert said.names == ["utter_error_forbidden"]


class TestResult:
    def test_is_told_after_voting(self, session: Session, customer: Customer) -> None:
        poll = a_poll(session)
        before = say(QueryPollResult, a_message(session, customer))
        assert before.only == before.only | {
            "response": "utter_error_vote_first", "title": poll.title,
        }  # fmt: skip
        voted(session, customer, poll.id, 1)
        after = say(QueryPollResult, a_message(session, customer)).only
        assert (after["total"], after["state"]) == (1, "进行中")
        assert after["lines"] == "1. 通勤风衣 1票 100%\n2. 法式大衣 0票 0%"

    def test_of_a_closed_poll_is_everybodys(self, session: Session, customer: Customer) -> None:
        polls.close(session, HEADQUARTERS, a_poll(session).id)
        session.commit()
        said = say(QueryPollResult, a_message(session, customer)).only
        assert (said["state"], said["mine"]) == ("已结束", "")

    def test_of_the_poll_that_was_named(self, session: Session) -> None:
        a_poll(session, "春天", "风衣", "大衣")
        a_poll(session, "冬天", "羽绒服", "毛衣")
        message = a_message(session, a_staff(session))
        said = say(QueryPollResult, message, entities={"category": "风衣"}).only
        assert said["title"] == "春天"

    def test_several_are_asked_about(self, session: Session) -> None:
        shown, _ = a_poll(session, "春天"), a_poll(session, "冬天")
        assistant = a_staff(session)
        asked = say(QueryPollResult, a_message(session, assistant))
        assert asked.only["lines"] == "1. 冬天\n2. 春天"
        told = say(
            ShowPollResult, a_message(session, assistant), slots=asked.slots["options"][1]["slots"]
        )
        assert told.only["title"] == "春天"
        again = say(QueryPollResult, a_message(session, assistant), slots={"poll_id": shown.id})
        assert again.only["title"] == "春天"

    def test_of_several_the_one_that_may_be_told(
        self, session: Session, customer: Customer
    ) -> None:
        mine, _ = a_poll(session, "春天"), a_poll(session, "冬天")
        assert say(QueryPollResult, a_message(session, customer)).names == [
            "utter_error_vote_first"
        ]
        voted(session, customer, mine.id, 1)
        assert say(QueryPollResult, a_message(session, customer)).only["title"] == "春天"

    def test_there_may_be_none(self, session: Session, customer: Customer) -> None:
        assert say(QueryPollResult, a_message(session, customer)).names == ["utter_no_polls"]
