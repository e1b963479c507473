"""How a shop did in a time: sales, new members, complaints."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement
from sqlalchemy.orm import Mapped
from sqlmodel import Session, col, func, select

from crm_core.authz import Actor, Forbidden, Permission
from crm_core.customers.models import Customer
from crm_core.orders.models import Order, OrderState
from crm_core.ratings.models import Rating
from crm_core.rules import service as rules
from crm_core.tickets.models import Ticket


@dataclass(frozen=True)
class Report:
    """A shop's figures; money in fen, without orders that were returned."""

    sales_fen: int
    orders: int
    returned: int  # orders of this time that came back, whenever
    new_members: int
    complaints: int
    low_scores: int  # up to the rule survey.low_score_up_to

    @property
    def average_fen(self) -> int:
        """What an order brought."""
        return round(self.sales_fen / self.orders) if self.orders else 0


def of_store(
    session: Session, actor: Actor, since: datetime, until: datetime, *, store_id: int | None = None
) -> Report:
    """The figures from `since` up to, not including, `until`: a manager's own shop's, those of
    `store_id`, or the whole chain's with its online orders.

    Raises:
        Forbidden: the actor may not see figures, or not those of this shop.
    """
    store = _store(actor, store_id)

    def within(moment: Mapped[Any], shop: Mapped[Any]) -> list[ColumnElement[bool]]:
        span = [moment >= since, moment < until]
        return span if store is None else [*span, shop == store]

    paid = within(col(Order.paid_at), col(Order.store_id))
    kept = [*paid, col(Order.state) != OrderState.RETURNED]
    low = col(Rating.score) <= rules.get(session, "survey.low_score_up_to")
    sales = select(func.coalesce(func.sum(_left_fen), 0)).where(*kept)
    return Report(
        sales_fen=int(session.exec(sales).one()),
        orders=_count(session, kept),
        returned=_count(session, paid) - _count(session, kept),
        new_members=_count(session, within(col(Customer.member_since), col(Customer.store_id))),
        complaints=_count(session, within(col(Ticket.opened_at), col(Ticket.store_id))),
        low_scores=_count(session, [*within(col(Rating.at), col(Rating.store_id)), low]),
    )


_left_fen = col(Order.total_fen) - col(Order.refunded_fen)  # of what came back in part


def _store(actor: Actor, store_id: int | None) -> int | None:
    actor.require(Permission.REPORT_READ)
    if actor.everywhere:
        return store_id
    if actor.store_id is None or store_id not in {None, actor.store_id}:
        raise Forbidden(actor.name, f"store:{store_id}")
    return actor.store_id


def _count(session: Session, conditions: list[ColumnElement[bool]]) -> int:
    return session.exec(select(func.count()).where(*conditions)).one()
