"""One question whose answer is optional: what went wrong. It is asked once and never insists."""

from typing import Any

from sqlmodel import Session

from actions.base import CUSTOMER, CrmAction, CrmForm, reset
from actions.complaint_words import is_mistaken
from actions.turn import Turn
from crm_core.authz import Actor
from crm_core.ratings import service as ratings
from crm_core.tickets import service as tickets

FORM = "more_words_form"
SLOTS = ("more_words", "words_about")
_NOTHING_TO_ADD = frozenset({"affirm", "deny", "thank", "goodbye", "greet"})


def ask(turn: Turn, what: str, row_id: int) -> None:
    """Take the next message as more words about a "rating" or "ticket"; the caller has asked."""
    turn.set("words_about", {"what": what, "id": row_id, "asked_in": turn.inbound_id})
    turn.then(FORM)


class MoreWordsForm(CrmForm):
    roles = CUSTOMER
    begins = frozenset()
    answers = _NOTHING_TO_ADD | {"file_complaint", "rate_service", "give_suggestion"}

    def name(self) -> str:
        return f"validate_{FORM}"

    def is_answer(self, turn: Turn) -> bool:
        return super().is_answer(turn) or (turn.asked == "more_words" and is_mistaken(turn))

    def fill(self, session: Session, actor: Actor, turn: Turn) -> dict[str, Any]:
        if turn.asked != "more_words":
            return {"more_words": None}
        if turn.intent in _NOTHING_TO_ADD:
            turn.say(f"utter_{turn.intent}")
            turn.leave_form()
            return {}
        return {} if _is_something_else(turn) else {"more_words": turn.text}


class AskMoreWords(CrmAction):
    """Asks nothing, for whoever opened the form did; after a digression it does not insist."""

    roles = CUSTOMER

    def name(self) -> str:
        return f"action_ask_{FORM}_more_words"

    def handle(self, session: Session, actor: Actor, turn: Turn) -> None:
        about = turn.slot("words_about") or {}
        if about.get("asked_in") != turn.inbound_id:
            turn.leave_form()


class KeepMoreWords(CrmAction):
    roles = CUSTOMER
    writes = True

    def name(self) -> str:
        return "action_keep_more_words"

    def handle(self, session: Session, actor: Actor, turn: Turn) -> None:
        about, words = turn.slot("words_about"), str(turn.slot("more_words"))
        if about["what"] == "rating":
            ratings.add_words(session, actor, int(about["id"]), words, ref=turn.ref)
        else:
            tickets.add_words(session, actor, int(about["id"]), words, ref=turn.ref)
        turn.say("utter_more_words_kept")
        reset(turn, SLOTS)


def _is_something_else(turn: Turn) -> bool:
    """A new score, or the wish to complain, has a flow of its own."""
    return not turn.text.strip() or bool(turn.entity("score")) or "投诉" in turn.text
