"""What we last asked a customer by a message of ours, and that still awaits an answer.

A bare 「5」 or 「第二套」 is understood by it where no list was shown since.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session

from crm_core.authz import Actor, Permission
from crm_core.campaigns import inviting
from crm_core.customers import service as customers
from crm_core.inbound import service as inbound
from crm_core.outbox import service as outbox
from crm_core.polls import publishing
from crm_core.polls import service as polls
from crm_core.ratings import service as ratings


@dataclass(frozen=True)
class Question:
    """A survey, or a poll the customer was invited to; exactly one of them."""

    at: datetime  # when it went out
    survey_id: int | None = None
    poll_id: int | None = None


def open_to(
    session: Session, actor: Actor, customer_id: int, *, after_inbound: int | None = None
) -> Sequence[Question]:
    """What this customer may be answering, newest first; nothing that did not go out.

    With `after_inbound` only what went out after that message of theirs.

    Raises:
        Forbidden: the actor may not act for this customer.
        CustomerNotFound: there is no such customer.
    """
    customers.get(session, actor, Permission.CUSTOMER_READ, customer_id)
    since = inbound.received_at(session, after_inbound) if after_inbound is not None else None
    found = [*_surveys(session, customer_id), *_polls(session, actor, customer_id)]
    newest_first = sorted(found, key=lambda question: question.at, reverse=True)
    return [one for one in newest_first if since is None or one.at > since]


def _surveys(session: Session, customer_id: int) -> Iterator[Question]:
    if survey := ratings.open_survey(session, customer_id):
        at = outbox.left_at(session, ratings.survey_key(survey.order_id))
        if at is not None:
            yield Question(at, survey_id=survey.id)


def _polls(session: Session, actor: Actor, customer_id: int) -> Iterator[Question]:
    for poll in polls.open_now(session, actor):
        at = inviting.gone_at(session, customer_id, publishing.invitation_key(poll.id))
        if at is not None and polls.ballot_of(session, poll.id, customer_id) is None:
            yield Question(at, poll_id=poll.id)
