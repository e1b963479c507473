"""What happened in the shops: try-ons, the calls because of them, and how customers judged it."""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta

from sqlmodel import Session

from app.scenario.cast import Cast, themselves
from app.scenario.complaints import advance
from app.scenario.event import Event, Loc, ref_of
from app.scenario.given import FollowUpGiven, Given, RatingGiven, TryOnGiven
from app.scenario.setting import US
from crm_core.alerts import service as alerts
from crm_core.authz import Actor
from crm_core.catalog import service as catalog
from crm_core.customers.models import Customer
from crm_core.follow_ups import service as follow_ups
from crm_core.follow_ups.service import Tried
from crm_core.ratings import service as ratings
from crm_core.ratings.service import Score
from crm_core.staff import service as staff

_AHEAD = timedelta(days=3)  # by which a call is planned

Tell = Callable[[Session], object]


def happened(given: Given, cast: Cast) -> Iterator[Event]:
    """Everything of these kinds."""
    for number, tried in enumerate(given.try_ons):
        place: Loc = ("given", "try_ons", number)
        yield Event(tried.at.at(cast.begins), place, _tried(tried, cast, place))
    for number, call in enumerate(given.follow_ups):
        yield from _called(call, cast, ("given", "follow_ups", number))
    for number, rated in enumerate(given.ratings):
        place = ("given", "ratings", number)
        yield Event(rated.at.at(cast.begins), place, _rated(rated, cast, place))


def _tried(tried: TryOnGiven, cast: Cast, place: Loc) -> Tell:
    customer = cast.customers[tried.customer]

    def tell(session: Session) -> None:
        known = catalog.exact(session, tried.product)
        said = Tried(
            known.name if known else tried.product, tried.size, tried.reason,
            known.id if known else None,
        )  # fmt: skip
        actor = _assistant(session, customer)
        follow_ups.log_try_on(session, actor, customer.id, said, ref=ref_of(place))

    return tell


def _called(call: FollowUpGiven, cast: Cast, place: Loc) -> Iterator[Event]:
    due_on, ref = call.due.on(cast.begins), ref_of(place)
    customer = cast.customers[call.customer]
    planned_at = min(cast.begins, call.due.at(cast.begins) - _AHEAD)
    kept: list[int] = []

    def plan(session: Session) -> None:
        actor = _assistant(session, customer)
        row = follow_ups.schedule(session, actor, customer.id, call.what, due_on, ref=ref)
        kept.append(row.id)

    def complete(session: Session) -> None:
        actor = _assistant(session, customer)
        follow_ups.complete(session, actor, kept[0], call.result or "已回访", ref=f"{ref}:done")

    yield Event(planned_at, place, plan)
    if call.done:
        done_at: datetime = call.done.at(cast.begins)
        yield Event(max(done_at, planned_at), place, complete)


def _rated(rated: RatingGiven, cast: Cast, place: Loc) -> Tell:
    customer = cast.customers[rated.customer]

    def tell(session: Session) -> None:
        score, actor = Score(rated.aspect, rated.score), themselves(customer)
        ref = ref_of(place)
        (kept,) = ratings.rate(session, actor, customer.id, [score], words=rated.words, ref=ref)
        alert = alerts.of_rating(session, kept.id)
        if alert is not None and rated.alert is not None:
            advance(session, cast, alert, rated.alert, rated.owner)

    return tell


def _assistant(session: Session, customer: Customer) -> Actor:
    if customer.assistant_id is None:
        return US
    return staff.actor_of(staff.get(session, customer.assistant_id))
