"""A bare 「5」 or 「第二套」 as the answer to what a survey or an invitation to vote asked."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from sqlmodel import Session

from actions.scores import bare_score
from actions.turn import Option, Turn
from crm_core.asked import service as asked
from crm_core.asked.service import Question
from crm_core.authz import Actor
from crm_core.polls import service as polls
from crm_core.ratings.models import Aspect


def meant(session: Session, actor: Actor, turn: Turn) -> dict[str, Any] | None:
    """What to do with a pick that answers what was asked after the list last shown; None if none.

    The newest question that it fits is the one. Where it fits none and there is no list either,
    the newest poll says what can be picked.
    """
    questions = open_to(session, actor, turn)
    for question in questions:
        if option := _answer(session, turn, question):
            return asdict(option)
    if questions and not turn.slot("options") and questions[0].poll_id is not None:
        return asdict(Option("", "action_vote_outfit", {}))
    return None


def poll_asked(session: Session, actor: Actor, turn: Turn) -> int | None:
    """The poll that the customer was invited to last, after the list last shown."""
    invited = (question.poll_id for question in open_to(session, actor, turn))
    return next((poll_id for poll_id in invited if poll_id is not None), None)


def open_to(session: Session, actor: Actor, turn: Turn) -> Sequence[Question]:
    """What may be answered now; staff are asked nothing."""
    if actor.customer_id is None:
        return []
    shown_for = turn.slot("options_of") if turn.slot("options") else None
    return asked.open_to(session, actor, actor.customer_id, after_inbound=shown_for)


def number_said(turn: Turn) -> int:
    """The number of the pick, counted from the end where it is negative; 0 if there is none."""
    said = turn.entity("option") or ""
    return int(said) if said.lstrip("-").isdigit() else 0


def _answer(session: Session, turn: Turn, question: Question) -> Option | None:
    if question.poll_id is not None:
        number = number_said(turn)
        if 1 <= abs(number) <= len(polls.options(session, question.poll_id)):
            slots = {"poll_id": question.poll_id, "poll_option": number}
            return Option("", "action_vote_outfit", slots)
        return None
    score = bare_score(turn.text)
    if score is None:
        return None
    given = {"rating_scores": [[Aspect.SERVICE.value, score]], "rating_words": None}
    return Option("", "action_rate_service", given)
