"""Exchanges over HTTP: goods come back and others leave, in one go."""

from collections.abc import Sequence
from http import HTTPStatus

from fastapi import APIRouter, Response
from pydantic import BaseModel, Field
from sqlmodel import Session

from channels.api import bulk
from channels.api.bulk import Many, Results
from channels.api.call import Answer, ReadCall, WriteCall
from channels.api.orders import OrderIn, OrderOut, new_order
from channels.api.orders import shown as order_shown
from channels.api.paging import Page, Pages
from channels.api.references import Number
from channels.api.returns import GoodsBack, ReturnOut, new_return
from channels.api.returns import shown as return_shown
from crm_core.authz import Actor
from crm_core.orders import back, finding
from crm_core.orders.models import Exchange
from crm_core.sales import exchanging
from crm_core.sales.exchanging import NewExchange

router = APIRouter(prefix="/exchanges", tags=["exchanges"])


class ExchangeIn(BaseModel):
    exchange_no: Number = Field(
        description="The return gets this number too.", examples=["HH20261122001"]
    )
    back: GoodsBack
    out: OrderIn


class ExchangeOut(BaseModel):
    exchange_no: str
    customer_id: int
    difference_fen: int = Field(description="Paid on top; below zero: given back.")
    back: ReturnOut
    out: OrderOut


@router.post("", status_code=201, response_model=ExchangeOut)
def exchange(call: WriteCall, body: ExchangeIn) -> Response:
    """Change goods for others: a return and a new order that stand or fall together."""
    return call.write(lambda session, actor: _exchange(session, actor, body))


@router.post("/bulk", response_model=Results[ExchangeOut])
def exchange_many(call: WriteCall, body: Many[ExchangeIn]) -> Response:
    """Up to 500 exchanges; each stands or falls alone."""
    work = bulk.each(
        body.items, _exchange, Results[ExchangeOut], order=lambda item: item.exchange_no
    )
    return call.write(work)


@router.get("", response_model=Page[ExchangeOut])
def list_exchanges(call: ReadCall, pages: Pages) -> Response:
    """Exchanges, oldest first."""

    def work(session: Session, actor: Actor) -> Answer:
        rows = back.exchanges(session, actor, after=pages.after, limit=pages.limit)
        return pages.page(rows, lambda some: _shown(session, some), Page[ExchangeOut])

    return call.read(work)


@router.get("/{exchange_no}", response_model=ExchangeOut)
def get_exchange(call: ReadCall, exchange_no: str) -> Response:
    """One exchange."""
    return call.read(
        lambda session, actor: Answer(
            _shown(session, [back.one_exchange(session, actor, exchange_no)])[0]
        )
    )


def _exchange(session: Session, actor: Actor, body: ExchangeIn) -> Answer:
    is_new = exchanging.by_no(session, body.exchange_no) is None
    new = NewExchange(
        new_return(session, body.back), new_order(session, body.out), body.out.order_no
    )
    row = exchanging.record_exchange(session, actor, new, ref=body.exchange_no)
    location = {"location": f"/api/v1/exchanges/{row.exchange_no}"}
    status = HTTPStatus.CREATED if is_new else HTTPStatus.OK
    return Answer(_shown(session, [row])[0], status, location)


def _shown(session: Session, rows: Sequence[Exchange]) -> list[ExchangeOut]:
    came = back.returns_by_ids(session, [row.return_id for row in rows])
    went = finding.by_ids(session, [row.order_id for row in rows])
    shown_back = dict(zip(came, return_shown(session, list(came.values())), strict=True))
    shown_out = dict(zip(went, order_shown(session, list(went.values())), strict=True))
    return [
        ExchangeOut(
            exchange_no=row.exchange_no,
            customer_id=row.customer_id,
            difference_fen=row.difference_fen,
            back=shown_back[row.return_id],
            out=shown_out[row.order_id],
        )
        for row in rows
    ]
