from typing import Any

import pytest
from sqlmodel import Session, select

from actions.ratings import AskScores, RateService, RatingForm
from crm_core.alerts.models import Alert
from crm_core.ratings.models import Rating
from tests.actions.talk import Said, a_message, say
from tests.crm_core.shop import Shop, a_shop

SCORES = "rating_scores"


@pytest.fixture
def shop(session: Session) -> Shop:
    return a_shop(session)


def told(
    session: Session,
    shop: Shop,
    text: str,
    *scores: str,
    intent: str = "rate_service",
    asked: str | None = None,
    **slots: Any,
) -> Said:
    return say(
        RatingForm,
        a_message(session, shop.customer, text),
        text=text,
        intent=intent,
        entities={"score": list(scores)},
        slots={"requested_slot": asked} | slots,
        form="rating_form" if asked else None,
    )


def rated(session: Session, shop: Shop, *scores: tuple[str, int], words: str | None = None) -> Said:
    slots = {SCORES: [list(score) for score in scores], "rating_words": words}
    return say(RateService, a_message(session, shop.customer), slots=slots)


class TestForm:
    @pytest.mark.parametrize(
        ("text", "scores", "given"),
        [
            ("5分", ["5"], [["service", 5]]),
            ("衣服4分", ["4"], [["product", 4]]),
            ("服务5分，衣服4分", ["5", "4"], [["service", 5], ["product", 4]]),
            ("商品3分服务5分", ["3", "5"], [["product", 3], ["service", 5]]),
            ("东西4分，人5分", ["4", "5"], [["product", 4], ["service", 5]]),
            ("5分给服务，4分给衣服", ["5", "4"], [["service", 5], ["product", 4]]),
            ("衣服不错，就是排队久，4分", ["4"], [["service", 4]]),
            ("都打5分", ["5"], [["service", 5], ["product", 5]]),
            ("都没人理我，1分", ["1"], [["service", 1]]),
            ("本来想给5分，扣掉一颗，就4分", ["5", "4"], [["service", 4]]),
        ],
    )
    def test_each_score_is_for_what_was_named(
        self, session: Session, shop: Shop, text: str, scores: list[str], given: list[list[Any]]
    ) -> None:
        assert told(session, shop, text, *scores).slots[SCORES] == given

    def test_words_are_kept_where_there_are_any(self, session: Session, shop: Shop) -> None:
        assert told(session, shop, "5分", "5").slots["rating_words"] is None
        said = told(session, shop, "店员很耐心，5分", "5")
        assert said.slots["rating_words"] == "店员很耐心，5分"

    def test_words_said_before_the_score_are_kept_too(self, session: Session, shop: Shop) -> None:
        said = told(session, shop, "5分", "5", asked=SCORES, rating_words="小陈很耐心，想评价")
        assert said.slots["rating_words"] == "小陈很耐心，想评价"

    @pytest.mark.parametrize("scores", [["10"], ["0"], ["5", "9"], ["很多"]])
    def test_out_of_range_is_asked_again(
        self, session: Session, shop: Shop, scores: list[str]
    ) -> None:
        text = "，".join(f"服务{score}分" for score in scores)
        assert told(session, shop, text, *scores).slots[SCORES] is None

    @pytest.mark.parametrize(("text", "score"), [("5", 5), ("四", 4), ("３分", 3)])
    def test_a_bare_number_is_a_score(
        self, session: Session, shop: Shop, text: str, score: int
    ) -> None:
        said = told(session, shop, text, intent="select_option", asked=SCORES)
        assert said.slots[SCORES] == [["service", score]]

    def test_what_is_no_score_is_asked_again(self, session: Session, shop: Shop) -> None:
        said = told(session, shop, "嗯", intent="nlu_fallback", asked=SCORES)
        assert said.slots[SCORES] is None

    def test_no_leaves_it(self, session: Session, shop: Shop) -> None:
        said = told(session, shop, "不用了", intent="deny", asked=SCORES)
        assert (said.names, said.then) == (["utter_cancelled"], "action_listen")

    def test_a_digression_fills_nothing(self, session: Session, shop: Shop) -> None:
        said = told(session, shop, "第二个", intent="select_option", asked=SCORES)
        assert said.slots == {}

    def test_picked_from_a_list_it_reads_nothing(self, session: Session, shop: Shop) -> None:
        said = told(session, shop, "第2个", intent="", rating_scores=[["service", 1]])
        assert said.slots == {SCORES: None, "rating_words": None}


def test_the_range_is_said(session: Session, shop: Shop) -> None:
    message = a_message(session, shop.customer)
    assert say(AskScores, message).only | {"least": 1, "most": 5} == say(AskScores, message).only
    again = say(AskScores, message, entities={"score": "10"})
    assert again.names == ["utter_score_out_of_range"]


class TestRating:
    def test_is_kept_and_thanked_for(self, session: Session, shop: Shop) -> None:
        said = rated(session, shop, ("service", 5), ("product", 4), words="很耐心")
        assert said.only["response"] == "utter_rated"
        assert said.only["scores"] == "服务 5 分、商品 4 分"
        assert {one.words for one in session.exec(select(Rating))} == {"很耐心"}
        assert said.slots == {SCORES: None, "rating_words": None}

    def test_a_low_one_asks_why(self, session: Session, shop: Shop) -> None:
        said = rated(session, shop, ("service", 5), ("product", 1))
        low = session.exec(select(Rating).where(Rating.score == 1)).one()
        assert (said.names, said.then) == (["utter_rated_low_why"], "more_words_form")
        assert said.slots["words_about"]["id"] == low.id
        assert len(session.exec(select(Alert)).all()) == 1

    def test_one_that_said_why_does_not(self, session: Session, shop: Shop) -> None:
        said = rated(session, shop, ("service", 1), words="店员爱答不理，1分")
        assert (said.names, said.then) == (["utter_rated_low"], None)

    def test_staff_rate_nothing(self, session: Session, shop: Shop) -> None:
        said = say(RateService, a_message(session, shop.assistant), slots={SCORES: []})
        assert said.names == ["utter_error_forbidden"]
