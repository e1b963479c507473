"""What a manager had to deal with: complaints, alerts, and how far each has come."""

from collections.abc import Callable, Iterator

from sqlmodel import Session

from app.scenario.cast import Cast, themselves
from app.scenario.event import Event, Loc, ref_of
from app.scenario.given import AlertGiven, ComplaintGiven, Given
from app.scenario.setting import SOURCE, US
from crm_core.alerts import service as alerts
from crm_core.alerts import telling
from crm_core.alerts.models import Alert, AlertKind, AlertState, Step
from crm_core.authz import Actor
from crm_core.desk import service as desk
from crm_core.handover import service as handover
from crm_core.staff import service as staff
from crm_core.tickets import service as tickets
from crm_core.tickets.service import Case

_STEPS = {
    AlertState.OPEN: (),
    AlertState.ACCEPTED: (Step.ACCEPT,),
    AlertState.RECTIFIED: (Step.ACCEPT, Step.RECTIFY),
    AlertState.VERIFIED: (Step.ACCEPT, Step.RECTIFY, Step.VERIFY),
    AlertState.CLOSED: (Step.ACCEPT, Step.RECTIFY, Step.VERIFY, Step.CLOSE),
}
_HAND_OVER_STEPS = {AlertState.CLOSED: (Step.ACCEPT, Step.CLOSE)}

Tell = Callable[[Session], object]


def happened(given: Given, cast: Cast) -> Iterator[Event]:
    """Opening them, and what was done about them."""
    for number, complaint in enumerate(given.complaints):
        place: Loc = ("given", "complaints", number)
        yield Event(complaint.at.at(cast.begins), place, _complained(complaint, cast, place))
    for number, alert in enumerate(given.alerts):
        place = ("given", "alerts", number)
        yield Event(alert.at.at(cast.begins), place, _alerted(alert, cast, place))


def advance(
    session: Session, cast: Cast, alert: Alert, state: AlertState, owner: str | None
) -> None:
    """Take an alert, and what it is about, to a state, by the hands of `owner`."""
    actor = _handler(session, cast, alert, owner)
    steps = _STEPS[state]
    if alert.kind is AlertKind.HAND_OVER:
        steps = _HAND_OVER_STEPS.get(state, steps)
    for step in steps:
        ref = f"{SOURCE}:{alert.id}:{step.name}"
        desk.handle(session, actor, alert.id, step, ref=ref)


def _complained(complaint: ComplaintGiven, cast: Cast, place: Loc) -> Tell:
    customer = cast.customers[complaint.customer]

    def tell(session: Session) -> None:
        case = Case(complaint.words, complaint.type, complaint.order)
        ref = ref_of(place)
        ticket = tickets.open_(session, themselves(customer), customer.id, case, ref=ref)
        alert = alerts.of_ticket(session, ticket.id)
        assert alert is not None
        advance(session, cast, alert, complaint.state, complaint.owner)

    return tell


def _alerted(given: AlertGiven, cast: Cast, place: Loc) -> Tell:
    customer = cast.customers[given.customer]

    def tell(session: Session) -> None:
        ref = ref_of(place)
        if given.kind == "hand_over":
            actor = themselves(customer)
            handover.request(session, actor, customer.id, words=given.words, ref=ref)
            alert = alerts.hand_over_of(session, customer.id)
            assert alert is not None
        else:
            facts = alerts.Facts(given.headline, given.words)
            new = alerts.New(AlertKind.LOW_SCORE, customer.id, facts, store_id=customer.store_id)
            alert = alerts.raise_(session, US, new, ref=ref)
        advance(session, cast, alert, given.state, given.owner)

    return tell


def _handler(session: Session, cast: Cast, alert: Alert, owner: str | None) -> Actor:
    if owner is not None:
        return staff.actor_of(cast.staff[owner])
    nearest = telling.managers(session, alert.store_id)
    return staff.actor_of(nearest[0]) if nearest else US
