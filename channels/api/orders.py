"""Orders over HTTP: taken, looked at, sent on their way."""

from collections.abc import Sequence
from http import HTTPStatus
from typing import Annotated, Self

from fastapi import APIRouter, Query, Response
from pydantic import BaseModel, Field, model_validator
from sqlmodel import Session

from channels.api import bulk
from channels.api.bulk import Many, Results
from channels.api.call import Answer, ChangeCall, ReadCall, WriteCall
from channels.api.paging import Page, Pages
from channels.api.references import (
    MOST_FEN,
    Code,
    CustomerRef,
    Fen,
    Id,
    Moment,
    Number,
    customer_id,
    staff_id,
    store_id,
)  # fmt: skip
from crm_core.authz import Actor, Permission
from crm_core.catalog import service as catalog
from crm_core.orders import finding, moving
from crm_core.orders import service as orders
from crm_core.orders.models import Order, OrderState
from crm_core.orders.service import NewLine, NewOrder
from crm_core.sales import service as sales
from crm_core.sales.service import PaidWith
from crm_core.staff import service as staff
from crm_core.stores import service as stores

router = APIRouter(prefix="/orders", tags=["orders"])


class LineIn(BaseModel):
    product: str = Field(
        min_length=1, max_length=128, description="An article number, or a name.",
        examples=["A2031"],
    )  # fmt: skip
    price_fen: Fen = Field(description="Of one piece, as paid.", examples=[99900])
    quantity: int = Field(default=1, ge=1, le=10_000)
    size: str = Field(default="", max_length=32, examples=["M"])
    color: str = Field(default="", max_length=32, examples=["驼色"])
    category: str = Field(default="", max_length=32, description="Where the catalogue has none.")


class OrderIn(BaseModel):
    order_no: Number = Field(examples=["DD20261122001"])
    customer: CustomerRef = Field(examples=[{"phone": "13800138000"}])
    paid_at: Moment = Field(examples=["2026-11-22T14:03:00+08:00"])
    lines: list[LineIn] = Field(min_length=1, max_length=200)
    total_fen: Fen | None = Field(default=None, description="As paid; else the sum of the lines.")
    store_code: Code | None = Field(default=None, description="Without it: online.")
    staff_userid: str | None = Field(default=None, max_length=64, description="Who served.")
    points_spent: int = Field(default=0, ge=0, le=10**8, description="Handed over besides money.")
    coupons: list[Number] = Field(default=[], max_length=20, description="Redeemed with it.")
    earns: bool = Field(default=True, description="Off for history whose points came over.")
    source: Code = "till"

    @model_validator(mode="after")
    def _can_be_paid(self) -> Self:
        if sum(line.price_fen * line.quantity for line in self.lines) > MOST_FEN:
            raise ValueError("the lines come to more than any order")
        return self


class LineOut(BaseModel):
    line: int = Field(description="From 1, as on the receipt; returns name it.")
    article_no: str | None
    product: str
    category: str
    size: str
    color: str
    quantity: int
    price_fen: int
    returned: int = Field(description="Pieces that came back.")


class OrderOut(BaseModel):
    order_no: str
    customer_id: int
    state: OrderState
    total_fen: int
    refunded_fen: int
    paid_at: Moment
    store_code: str | None
    staff_userid: str | None
    source: str
    lines: list[LineOut]


class OrderChange(BaseModel):
    state: OrderState = Field(examples=["shipped"])


@router.post("", status_code=201, response_model=OrderOut)
def take_order(call: WriteCall, body: OrderIn) -> Response:
    """Keep a paid order: stock, points, tier and figures follow at once.

    The same order again answers 200 with the first; its number with other contents 409.
    """
    return call.write(lambda session, actor: _take(session, actor, body))


@router.post("/bulk", response_model=Results[OrderOut])
def take_orders(call: WriteCall, body: Many[OrderIn]) -> Response:
    """Keep up to 500 orders; each stands or falls alone."""
    work = bulk.each(body.items, _take, Results[OrderOut], order=_by_customer)
    return call.write(work)


@router.get("", response_model=Page[OrderOut])
def list_orders(
    call: ReadCall,
    pages: Pages,
    customer: Annotated[Id | None, Query(description="A customer's id.")] = None,
    since: Annotated[Moment | None, Query(description="Paid then or later.")] = None,
) -> Response:
    """Orders, oldest first."""

    def work(session: Session, actor: Actor) -> Answer:
        rows = finding.listed(
            session, actor, customer_id=customer, since=since,
            after=pages.after, limit=pages.limit,
        )  # fmt: skip
        return pages.page(rows, lambda some: shown(session, some), Page[OrderOut])

    return call.read(work)


@router.get("/{order_no}", response_model=OrderOut)
def get_order(call: ReadCall, order_no: str) -> Response:
    """One order."""

    def work(session: Session, actor: Actor) -> Answer:
        actor.require(Permission.ORDER_READ)
        return Answer(shown(session, [found(session, order_no)])[0])

    return call.read(work)


@router.patch("/{order_no}", response_model=OrderOut)
def move_order(call: ChangeCall, order_no: str, body: OrderChange) -> Response:
    """Let an order be shipped or done; If-Match is needed."""

    def work(session: Session, actor: Actor) -> Answer:
        actor.require(Permission.ORDER_WRITE)
        order = orders.lock(session, order_no)
        call.expect(shown(session, [order])[0], required=True)
        return Answer(shown(session, [moving.move(session, actor, order, body.state)])[0])

    return call.write(work)


def found(session: Session, order_no: str) -> Order:
    """The order with this number; the caller has asked for the right.

    Raises:
        OrderNotFound: there is none.
    """
    if (order := orders.by_no(session, order_no)) is None:
        raise orders.OrderNotFound(order_no, number=order_no)
    return order


def new_order(session: Session, body: OrderIn) -> NewOrder:
    """What the service is told."""
    lines = (
        NewLine(x.product, x.price_fen, x.quantity, x.size, x.color, x.category) for x in body.lines
    )
    return NewOrder(
        customer_id(session, body.customer),
        body.paid_at,
        tuple(lines),
        total_fen=body.total_fen,
        store_id=store_id(session, body.store_code),
        staff_id=staff_id(session, body.staff_userid),
        source=body.source,
        earns=body.earns,
    )


def shown(session: Session, rows: Sequence[Order]) -> list[OrderOut]:
    """Orders as they are answered."""
    lines = finding.lines_of(session, rows)
    codes = stores.codes(session, [row.store_id for row in rows])
    userids = staff.userids(session, [row.staff_id for row in rows])
    articles = catalog.article_nos(session, [x.product_id for some in lines.values() for x in some])
    return [
        OrderOut(
            **row.model_dump(include=_AS_KEPT),
            store_code=codes.get(row.store_id),
            staff_userid=userids.get(row.staff_id),
            lines=[
                LineOut(
                    line=number,
                    article_no=articles.get(line.product_id),
                    product=line.product_name,
                    **line.model_dump(include=_LINE_AS_KEPT),
                )
                for number, line in enumerate(lines[row.id], 1)
            ],
        )
        for row in rows
    ]


_AS_KEPT = {
    "order_no", "customer_id", "state", "total_fen", "refunded_fen", "paid_at", "source",
}  # fmt: skip
_LINE_AS_KEPT = {"category", "size", "color", "quantity", "price_fen", "returned"}


def _by_customer(item: OrderIn) -> tuple[str, str]:
    """A sale locks its customer."""
    return item.customer.model_dump_json(), item.order_no


def _take(session: Session, actor: Actor, body: OrderIn) -> Answer:
    is_new = orders.by_no(session, body.order_no) is None
    paid_with = PaidWith(body.points_spent, tuple(body.coupons))
    order = sales.record_sale(
        session, actor, new_order(session, body), ref=body.order_no, paid_with=paid_with
    )
    (answer,) = shown(session, [order])
    location = {"location": f"/api/v1/orders/{order.order_no}"}
    return Answer(answer, HTTPStatus.CREATED if is_new else HTTPStatus.OK, location)
