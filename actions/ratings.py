"""Rating the service and what was bought: one score or two, asked for or volunteered."""

from typing import Any

from sqlmodel import Session

from actions import more_words
from actions.base import CUSTOMER, CrmAction, CrmForm, reset
from actions.scores import bare_score, given, has_words
from actions.turn import Turn
from crm_core.authz import Actor
from crm_core.ratings import service as ratings
from crm_core.ratings.models import Aspect
from crm_core.ratings.service import HIGHEST, LOWEST, NAMES, Score

SLOTS = ("rating_scores", "rating_words")
_ENOUGH_TO_ACT_ON = 4  # characters beside scores and aspects: then why was said already


class RatingForm(CrmForm):
    roles = CUSTOMER
    begins = frozenset({"rate_service"})
    answers = frozenset({"deny"})

    def name(self) -> str:
        return "validate_rating_form"

    def is_answer(self, turn: Turn) -> bool:
        """A bare 「5」 may be taken for a pick from a list."""
        asked = turn.asked in SLOTS and bare_score(turn.text) is not None
        return asked or super().is_answer(turn)

    def fill(self, session: Session, actor: Actor, turn: Turn) -> dict[str, Any]:
        if turn.asked not in SLOTS:  # what an earlier, left form collected is gone
            return dict.fromkeys(SLOTS) | (_read(turn) if turn.intent in self.begins else {})
        if turn.intent == "deny":
            turn.say("utter_cancelled")
            turn.leave_form()
            return {}
        return _read(turn)


class AskScores(CrmAction):
    """Asks for a score, or says that the one given was out of range."""

    roles = CUSTOMER

    def name(self) -> str:
        return "action_ask_rating_form_rating_scores"

    def handle(self, session: Session, actor: Actor, turn: Turn) -> None:
        out_of_range = turn.entity("score") is not None
        turn.say(
            "utter_score_out_of_range" if out_of_range else "utter_which_score",
            least=LOWEST,
            most=HIGHEST,
        )


class RateService(CrmAction):
    roles = CUSTOMER
    writes = True

    def name(self) -> str:
        return "action_rate_service"

    def handle(self, session: Session, actor: Actor, turn: Turn) -> None:
        assert actor.customer_id is not None
        scores = [Score(Aspect(aspect), score) for aspect, score in turn.slot("rating_scores")]
        words = turn.slot("rating_words")
        made = ratings.rate(session, actor, actor.customer_id, scores, words=words, ref=turn.ref)
        reset(turn, SLOTS)
        told = "、".join(f"{NAMES[rating.aspect]} {rating.score} 分" for rating in made)
        lowest = min(made, key=lambda rating: rating.score)
        if not ratings.is_low(session, lowest.score):
            turn.say("utter_rated", scores=told)
        elif words and has_words(words, _ENOUGH_TO_ACT_ON):
            turn.say("utter_rated_low", scores=told)
        else:
            turn.say("utter_rated_low_why", scores=told)
            more_words.ask(turn, "rating", lowest.id)


def _read(turn: Turn) -> dict[str, Any]:
    """The scores of a message, if all are in range, and its words where it has any."""
    scores = given(turn)
    fit = scores and all(LOWEST <= score <= HIGHEST for _, score in scores)
    said = [turn.slot("rating_words"), turn.text if has_words(turn.text) else None]
    return {
        "rating_scores": [[aspect.value, score] for aspect, score in scores] if fit else None,
        "rating_words": "；".join(dict.fromkeys(filter(None, said))) or None,
    }
