"""Telling a database what has happened: each event at its own time, in the order of time.

The services write history as they would have written it then, so that what follows from it
(points, tiers, alerts) is right; only what a scenario states otherwise is set afterwards.
"""

from datetime import timedelta

from sqlmodel import Session, col, update

from app.scenario import complaints, dealings, polls, visits
from app.scenario.cast import Cast
from app.scenario.event import stated
from app.scenario.facts import BEFORE
from app.scenario.given import Given
from app.scenario.setting import US
from crm_core import clock
from crm_core.orders import finding
from crm_core.outbox.models import Outbound, OutboundState
from crm_core.points import service as points
from crm_core.ratings.models import Survey, SurveyState
from crm_core.rules import service as rules

_SURVEYS_LOOK_BACK = timedelta(days=30)  # further than the job that sends them


def tell(session: Session, given: Given, cast: Cast) -> None:
    """Let everything happen.

    Raises:
        CannotHappen: a service refuses it.
    """
    events = [
        *dealings.happened(given, cast),
        *polls.happened(given, cast),
        *visits.happened(given, cast),
        *complaints.happened(given, cast),
    ]
    for event in sorted(events, key=lambda event: event.at):
        with clock.standing_at(event.at), stated(*event.place):
            event.tell(session)
    _settle(session, given, cast)


def _settle(session: Session, given: Given, cast: Cast) -> None:
    """Bring everything to the moment at which the scenario begins."""
    session.flush()
    for customer_id in points.with_expired_lots(session):
        points.expire(session, US, customer_id)
    _leave_unasked(session, cast)
    for customer, as_given in zip(cast.rows, given.customers, strict=True):
        customer.tier = as_given.tier or customer.tier
        session.add(customer)
    then = update(Outbound).values(state=OutboundState.SENT, sent_at=col(Outbound.created_at))
    session.exec(then)  # what was said to people, was said then
    session.info.pop("deferred", None)


def _leave_unasked(session: Session, cast: Cast) -> None:
    """Whoever bought long enough ago was asked how it was then, or not: they are not asked now."""
    until = cast.begins - timedelta(hours=rules.get(session, "survey.after_hours"))
    for order in finding.kept_of(session, until - _SURVEYS_LOOK_BACK, until):
        row = Survey(order_id=order.id, customer_id=order.customer_id, state=SurveyState.SKIPPED)
        row.reason = BEFORE
        session.add(row)
