from typing import Any

import pytest
from sqlmodel import Session

from actions.more_words import AskMoreWords, KeepMoreWords, MoreWordsForm
from crm_core.ratings import service as ratings
from crm_core.ratings.models import Aspect
from crm_core.tickets import service as tickets
from tests.actions.talk import Said, a_message, say
from tests.crm_core.shop import Shop, a_shop
from tests.factories import themselves


@pytest.fixture
def shop(session: Session) -> Shop:
    return a_shop(session)


def answered(session: Session, shop: Shop, text: str, intent: str = "nlu_fallback") -> Said:
    return say(
        MoreWordsForm,
        a_message(session, shop.customer, text),
        text=text,
        intent=intent,
        entities={"score": "4"} if "4分" in text else {},
        slots={"requested_slot": "more_words"},
        form="more_words_form",
    )


@pytest.mark.parametrize(
    "intent", ["nlu_fallback", "file_complaint", "rate_service", "human_handoff"]
)
def test_any_words_are_taken(session: Session, shop: Shop, intent: str) -> None:
    assert answered(session, shop, "没人理我", intent).slots == {"more_words": "没人理我"}


@pytest.mark.parametrize("intent", ["deny", "thank", "goodbye"])
def test_nobody_has_to_answer(session: Session, shop: Shop, intent: str) -> None:
    said = answered(session, shop, "…", intent)
    assert (said.names, said.then) == ([f"utter_{intent}"], "action_listen")


@pytest.mark.parametrize(
    ("text", "intent"),
    [
        ("4分吧", "rate_service"),
        ("我要投诉", "file_complaint"),
        ("积分", "query_points"),
        ("没人理我，转人工", "human_handoff"),
    ],
)
def test_something_else_is_left_to_its_own_flow(
    session: Session, shop: Shop, text: str, intent: str
) -> None:
    assert answered(session, shop, text, intent).slots == {}


def test_the_opening_message_is_no_answer(session: Session, shop: Shop) -> None:
    said = say(MoreWordsForm, a_message(session, shop.customer), text="1分", intent="rate_service")
    assert said.slots == {"more_words": None}


def test_it_is_asked_once_and_does_not_insist(session: Session, shop: Shop) -> None:
    message = a_message(session, shop.customer)
    slots = {"words_about": {"what": "rating", "id": 1, "asked_in": message}}
    assert say(AskMoreWords, message, slots=slots).events == []
    later = say(AskMoreWords, a_message(session, shop.customer), slots=slots)
    assert (later.names, later.then) == ([], "action_listen")


def kept(session: Session, shop: Shop, about: dict[str, Any]) -> Said:
    slots = {"words_about": about, "more_words": "没人理我"}
    return say(KeepMoreWords, a_message(session, shop.customer), slots=slots)


def test_words_about_a_rating_are_kept(session: Session, shop: Shop) -> None:
    scores = [ratings.Score(Aspect.SERVICE, 1)]
    us = themselves(shop.customer)
    (rating,) = ratings.rate(session, us, shop.customer.id, scores, ref="r1")
    session.commit()
    said = kept(session, shop, {"what": "rating", "id": rating.id})
    session.refresh(rating)
    assert (said.names, rating.words) == (["utter_more_words_kept"], "没人理我")


def test_words_about_a_complaint_are_kept(session: Session, shop: Shop) -> None:
    us = themselves(shop.customer)
    ticket = tickets.open_(session, us, shop.customer.id, tickets.Case("气死我了"), ref="r1")
    session.commit()
    kept(session, shop, {"what": "ticket", "id": ticket.id})
    session.refresh(ticket)
    assert ticket.description == "气死我了；没人理我"
