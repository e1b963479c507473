"""What is counted for a rule, as one row a customer: orders and events of the last days, goods."""

from itertools import pairwise
from typing import Any

from sqlalchemy import Subquery, and_, case, or_
from sqlmodel import col, func, select

from crm_core.consents.models import Consent, Purpose
from crm_core.customers.models import Identity, IdentityKind
from crm_core.fields.models import CustomField, CustomValue
from crm_core.figures.models import CustomerFigures
from crm_core.orders.models import Order, OrderLine, OrderState
from crm_core.points.models import Cause, PointsEntry
from crm_core.preferences.models import Preference, PreferenceKind
from crm_core.segments import days
from crm_core.segments.catalogue import CONTACT, CONTACTS
from crm_core.segments.rule import Number
from crm_core.timeline.models import EventKind, TimelineEvent

_NOT_RETURNED = col(Order.state) != OrderState.RETURNED
_VALUES = "customer_id", "text", "number", "day"
_LEFT_FEN = col(Order.total_fen) - col(Order.refunded_fen)


def orders_within(within_days: int) -> Subquery:
    """customer_id, orders, spent_fen of the last days."""
    recent = col(Order.paid_at) >= days.begins(within_days)
    of = select(
        Order.customer_id,
        func.count().label("orders"),
        func.sum(_LEFT_FEN).label("spent_fen"),
    )
    return _by_customer(of.where(_NOT_RETURNED, recent), col(Order.customer_id))


def months(number: int) -> Subquery:
    """customer_id, month_1 … month_<number>: spent in the last whole month, the one before, …"""
    begun = [days.month_begins(ago) for ago in range(number + 1)]
    paid_at = col(Order.paid_at)
    sums = [
        func.sum(case((and_(paid_at >= since, paid_at < until), _LEFT_FEN), else_=0)).label(
            f"month_{n}"
        )
        for n, (until, since) in enumerate(pairwise(begun), start=1)
    ]
    whole = paid_at >= begun[-1], paid_at < begun[0]
    of = select(Order.customer_id, *sums).where(_NOT_RETURNED, *whole)
    return _by_customer(of, col(Order.customer_id))


def events(number: Number) -> Subquery:
    """customer_id, number: how often something happened."""
    if number.name == "invite":
        whose, at = col(PointsEntry.customer_id), col(PointsEntry.created_at)
        which = col(PointsEntry.cause) == Cause.INVITE
    else:
        whose, at = col(TimelineEvent.customer_id), col(TimelineEvent.at)
        kinds = CONTACTS if number.name == CONTACT else [EventKind(number.name)]
        which = col(TimelineEvent.kind).in_(kinds)
    of = select(whose, func.count().label("number")).where(which)
    if number.within_days is not None:
        of = of.where(at >= days.begins(number.within_days))
    if number.since_last_order:
        last_at = col(CustomerFigures.last_at)
        of = of.outerjoin(CustomerFigures, col(CustomerFigures.customer_id) == whose)
        of = of.where(or_(last_at.is_(None), at > last_at))
    return _by_customer(of, whose)


def bought(number: Number) -> Subquery:
    """customer_id, number: pieces of certain goods that were kept."""
    columns = {
        "category": OrderLine.category, "style": OrderLine.style, "size": OrderLine.size,
        "color": OrderLine.color, "product": OrderLine.product_name,
    }  # fmt: skip
    left = func.sum(col(OrderLine.quantity) - col(OrderLine.returned))
    of = (
        select(Order.customer_id, left.label("number"))
        .join(OrderLine, col(OrderLine.order_id) == col(Order.id))
        .where(_NOT_RETURNED, *(col(columns[kind]).in_(named) for kind, named in number.goods))
    )
    if number.within_days is not None:
        of = of.where(col(Order.paid_at) >= days.begins(number.within_days))
    return _by_customer(of, col(Order.customer_id))


def points() -> Subquery:
    """customer_id, number: the balance, with what is on hold."""
    of = select(PointsEntry.customer_id, func.sum(PointsEntry.delta).label("number"))
    return _by_customer(of, col(PointsEntry.customer_id))


def preferring(kind: PreferenceKind, names: tuple[str, ...]) -> Subquery:
    """customer_id of those who have one of these tags, or told one of these styles."""
    holding = col(Preference.ended_at).is_(None), col(Preference.name).in_(names)
    of = select(Preference.customer_id).where(Preference.kind == kind, *holding)
    return _by_customer(of, col(Preference.customer_id))


def following() -> Subquery:
    """customer_id of those who follow the official account."""
    open_to = Identity.kind == IdentityKind.OA_OPENID, col(Identity.following)
    return _by_customer(select(Identity.customer_id).where(*open_to), col(Identity.customer_id))


def agreeing() -> Subquery:
    """customer_id of those who agree to pushes now: what they said last holds."""
    newest = col(Consent.at).desc(), col(Consent.id).desc()
    place = func.row_number().over(partition_by=col(Consent.customer_id), order_by=newest)
    marketing = Consent.purpose == Purpose.MARKETING, Consent.via == ""
    said = (
        select(Consent.customer_id, Consent.granted, place.label("place"))
        .where(*marketing)
        .subquery()
    )
    return select(said.c.customer_id).where(said.c.place == 1, said.c.granted).subquery()


def field(title: str) -> Subquery:
    """customer_id, text, number, day of a field of the shop's own that stands in clear."""
    columns: list[Any] = [getattr(CustomValue, one) for one in _VALUES]
    named = col(CustomField.id) == col(CustomValue.field_id), col(CustomField.title) == title
    of: Subquery = select(*columns).join(CustomField, and_(*named)).subquery()
    return of


def _by_customer(of: Any, whose: Any) -> Subquery:
    counted: Subquery = of.group_by(whose).subquery()
    return counted
