"""Ratings: what customers thought of the service and of what they bought."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from sqlmodel import Session, col, select

from crm_core.alerts import handling
from crm_core.alerts import service as alerts
from crm_core.alerts.models import AlertKind
from crm_core.audit import service as audit
from crm_core.authz import Actor, Forbidden, Permission
from crm_core.clock import now
from crm_core.customers import service as customers
from crm_core.customers.models import Customer
from crm_core.errors import CrmError, Kind
from crm_core.orders import finding as orders
from crm_core.orders.models import Order
from crm_core.ratings.models import Aspect, Rating, Survey, SurveyState
from crm_core.rules import service as rules
from crm_core.staff import service as staff
from crm_core.timeline import service as timeline
from crm_core.timeline.models import EventKind

LOWEST, HIGHEST = 1, 5
NAMES = {Aspect.SERVICE: "服务", Aspect.PRODUCT: "商品"}
_RECENT = timedelta(days=30)  # a rating nobody asked for is about an order no older than this
_ANSWERABLE = timedelta(days=30)  # a survey older than this is not what a rating answers


class RatingNotFound(CrmError):
    """There is no such rating, or it is somebody else's."""

    code = "rating_not_found"
    kind = Kind.NOT_FOUND


@dataclass(frozen=True)
class Score:
    """What one aspect got: LOWEST to HIGHEST."""

    aspect: Aspect
    score: int


def rate(
    session: Session,
    actor: Actor,
    customer_id: int,
    scores: Sequence[Score],
    *,
    words: str | None = None,
    ref: str,
) -> Sequence[Rating]:
    """Keep what a customer gave in one message; a low score alerts who looks after the shop.

    It answers the survey that is open, else it is about the latest order of the last 30 days, else
    about none. Repeating a `ref` returns the first ratings.

    Raises:
        Forbidden: the actor may not, for this customer.
        CustomerNotFound: there is no such customer.
        ValueError: no score, or one out of range; edges ask again.
    """
    if not scores or not all(LOWEST <= one.score <= HIGHEST for one in scores):
        raise ValueError(scores)
    customer = customers.lock(session, actor, Permission.RATING_WRITE, customer_id)
    refs = {f"{ref}:{one.aspect.value}": one for one in scores}
    known = select(Rating).where(col(Rating.ref).in_(refs)).order_by(col(Rating.id))
    if earlier := session.exec(known).all():
        return earlier
    survey, order = _occasion(session, actor, customer_id)
    made = [
        Rating(
            customer_id=customer_id,
            aspect=one.aspect,
            score=one.score,
            words=words,
            order_id=order.id if order else None,
            survey_id=survey.id if survey else None,
            store_id=(order.store_id if order else None) or customer.store_id,
            staff_id=(order.staff_id if order else None) or customer.assistant_id,
            ref=own,
        )
        for own, one in refs.items()
    ]
    _keep(session, actor, made)
    _alert_if_low(session, actor, made, customer, order)
    return made


def is_low(session: Session, score: int) -> bool:
    """Whether a score needs somebody to look at it (rule survey.low_score_up_to)."""
    return score <= int(rules.get(session, "survey.low_score_up_to"))


def survey_key(order_id: int) -> str:
    """The cause under which the survey about an order stands in the outbox."""
    return f"survey:{order_id}"


def open_survey(session: Session, customer_id: int) -> Survey | None:
    """The survey that a rating of this customer answers now. The caller has the right to know."""
    asked = select(Survey).where(
        Survey.customer_id == customer_id,
        Survey.state == SurveyState.SENT,
        Survey.created_at >= now() - _ANSWERABLE,
    )
    return session.exec(asked.order_by(col(Survey.id).desc())).first()


def add_words(session: Session, actor: Actor, rating_id: int, words: str, *, ref: str) -> Rating:
    """Why the customer gave that score, told afterwards. A repeated `ref` changes nothing.

    Raises:
        Forbidden: the actor may not.
        RatingNotFound: there is no such rating of theirs.
    """
    actor.require(Permission.RATING_WRITE)
    rating = session.get(Rating, rating_id)
    if rating is None:
        raise RatingNotFound(rating_id)
    try:
        customers.lock(session, actor, Permission.RATING_WRITE, rating.customer_id)
    except Forbidden:
        raise RatingNotFound(rating_id) from None
    session.refresh(rating)
    alert = alerts.of_rating(session, rating_id)
    if alert is None:
        rating.words = rating.words or words
    elif handling.add_words(session, actor, alert, words, ref=ref):
        rating.words = "；".join(filter(None, (rating.words, words)))
    session.add(rating)
    return rating


def _occasion(
    session: Session, actor: Actor, customer_id: int
) -> tuple[Survey | None, Order | None]:
    """The open survey, which is answered now, and the order that a rating is about."""
    if survey := open_survey(session, customer_id):
        survey.state, survey.answered_at = SurveyState.ANSWERED, now()
        session.add(survey)
        return survey, orders.get(session, survey.order_id)
    recent = orders.of_customer(session, actor, customer_id, since=now() - _RECENT)
    return None, next(iter(recent), None)


def _keep(session: Session, actor: Actor, made: Sequence[Rating]) -> None:
    for rating in made:
        session.add(rating)
        session.flush()
        timeline.add(
            session, rating.customer_id, EventKind.RATING, ref=rating.ref,
            aspect=rating.aspect.value, score=rating.score,
        )  # fmt: skip
        audit.record(
            session, actor, "rating:write", f"rating:{rating.id}",
            aspect=rating.aspect.value, score=rating.score,
        )  # fmt: skip


def _alert_if_low(
    session: Session, actor: Actor, made: Sequence[Rating], customer: Customer, order: Order | None
) -> None:
    lowest = min(made, key=lambda rating: rating.score)
    if not is_low(session, lowest.score):
        return
    rows = [("订单", order.order_no)] if order else []
    rows += [("导购", staff.get(session, lowest.staff_id).name)] if lowest.staff_id else []
    headline = "、".join(f"{NAMES[rating.aspect]} {rating.score} 分" for rating in made)
    new = alerts.New(
        AlertKind.LOW_SCORE,
        customer.id,
        alerts.Facts(headline, lowest.words or "", (*rows, ("评分", headline))),
        store_id=lowest.store_id,
        rating_id=lowest.id,
    )
    alerts.raise_(session, actor, new, ref=f"rating:{lowest.id}")
