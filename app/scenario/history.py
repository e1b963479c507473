"""Telling a database what has happened: each event at its own time, in the order of time.

The services write history as they would have written it then, so that what follows from it
(points, tiers, alerts) is right; only what a scenario states otherwise is set afterwards.
"""

from sqlmodel import Session, col, update

from app.scenario import complaints, dealings, polls, visits
from app.scenario.cast import Cast
from app.scenario.event import Loc
from app.scenario.given import Given
from app.scenario.setting import US
from crm_core import clock
from crm_core.errors import CrmError
from crm_core.outbox.models import Outbound, OutboundState
from crm_core.points import service as points


class CannotHappen(Exception):
    """The services refuse what a scenario states; the message says why."""

    def __init__(self, place: Loc, reason: str) -> None:
        super().__init__(reason)
        self.place = place


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
        with clock.standing_at(event.at):
            try:
                event.tell(session)
            except CrmError as error:
                values = "".join(f" {name}={value}" for name, value in error.values.items())
                reason = f"this cannot have happened ({error.code}{values})"
                raise CannotHappen(event.place, reason) from error
    _settle(session, given, cast)


def _settle(session: Session, given: Given, cast: Cast) -> None:
    """Bring everything to the moment at which the scenario begins."""
    session.flush()
    for customer_id in points.with_expired_lots(session):
        points.expire(session, US, customer_id)
    for customer, stated in zip(cast.rows, given.customers, strict=True):
        customer.tier = stated.tier or customer.tier
        session.add(customer)
    then = update(Outbound).values(state=OutboundState.SENT, sent_at=col(Outbound.created_at))
    session.exec(then)  # what was said to people, was said then
    session.info.pop("deferred", None)
