"""Returns over HTTP, whole or in part."""

from collections.abc import Sequence
from http import HTTPStatus
from typing import Self

from fastapi import APIRouter, Response
from pydantic import BaseModel, Field, model_validator
from sqlmodel import Session

from channels.api import bulk
from channels.api.bulk import Many, Results
from channels.api.call import Answer, ReadCall, WriteCall
from channels.api.paging import Page, Pages
from channels.api.references import Code, Fen, Moment, Number, store_id
from crm_core.authz import Actor
from crm_core.orders import back, finding, returning
from crm_core.orders.models import Return
from crm_core.orders.returning import Item, NewReturn
from crm_core.sales import service as sales
from crm_core.stores import service as stores

router = APIRouter(prefix="/returns", tags=["returns"])


class ItemIn(BaseModel):
    line: int = Field(ge=1, le=200, description="The order's line, from 1.", examples=[1])
    quantity: int = Field(default=1, ge=1, le=10_000)


class GoodsBack(BaseModel):
    """What comes back of an order."""

    order_no: Number = Field(examples=["DD20261122001"])
    items: list[ItemIn] = Field(
        default=[], max_length=200, description="Empty: all that is left.",
        examples=[[{"line": 1, "quantity": 1}]],
    )  # fmt: skip
    refund_fen: Fen | None = Field(
        default=None, description="Else what was paid for them, discounts spread by value."
    )
    returned_at: Moment | None = Field(default=None, description="Else now.")
    store_code: Code | None = Field(default=None, description="Else the order's shop.")
    reason: str = Field(default="", max_length=128, examples=["尺码偏小"])
    source: Code = "till"

    @model_validator(mode="after")
    def _each_line_once(self) -> Self:
        if len({item.line for item in self.items}) < len(self.items):
            raise ValueError("each line stands once")
        return self


class ReturnIn(GoodsBack):
    return_no: Number = Field(examples=["TH20261122001"])


class ReturnOut(BaseModel):
    return_no: str
    order_no: str
    customer_id: int
    items: list[ItemIn]
    refund_fen: int
    returned_at: Moment
    store_code: str | None
    reason: str
    source: str


@router.post("", status_code=201, response_model=ReturnOut)
def take_back(call: WriteCall, body: ReturnIn) -> Response:
    """Take goods back: stock, points, tier and figures follow at once.

    The same return again answers 200 with the first; its number with other contents 409.
    """
    return call.write(lambda session, actor: _take_back(session, actor, body))


@router.post("/bulk", response_model=Results[ReturnOut])
def take_many_back(call: WriteCall, body: Many[ReturnIn]) -> Response:
    """Take up to 500 returns; each stands or falls alone."""
    work = bulk.each(body.items, _take_back, Results[ReturnOut], order=lambda item: item.return_no)
    return call.write(work)


@router.get("", response_model=Page[ReturnOut])
def list_returns(call: ReadCall, pages: Pages) -> Response:
    """Returns, oldest first."""

    def work(session: Session, actor: Actor) -> Answer:
        rows = back.returns(session, actor, after=pages.after, limit=pages.limit)
        return pages.page(rows, lambda some: shown(session, some), Page[ReturnOut])

    return call.read(work)


@router.get("/{return_no}", response_model=ReturnOut)
def get_return(call: ReadCall, return_no: str) -> Response:
    """One return."""
    return call.read(
        lambda session, actor: Answer(
            shown(session, [back.one_return(session, actor, return_no)])[0]
        )
    )


def new_return(session: Session, body: GoodsBack) -> NewReturn:
    """What the service is told."""
    return NewReturn(
        body.order_no,
        body.returned_at,
        tuple(Item(item.line, item.quantity) for item in body.items),
        refund_fen=body.refund_fen,
        store_id=store_id(session, body.store_code),
        reason=body.reason,
        source=body.source,
    )


def shown(session: Session, rows: Sequence[Return]) -> list[ReturnOut]:
    """Returns as they are answered."""
    orders = finding.by_ids(session, [row.order_id for row in rows])
    lines = finding.lines_of(session, list(orders.values()))
    numbers = {x.id: number for some in lines.values() for number, x in enumerate(some, 1)}
    pieces = returning.quantities(session, rows)
    codes = stores.codes(session, [row.store_id for row in rows])
    return [
        ReturnOut(
            **row.model_dump(include=_AS_KEPT),
            order_no=orders[row.order_id].order_no,
            store_code=codes.get(row.store_id),
            items=[ItemIn(line=numbers[x], quantity=n) for x, n in pieces[row.id].items()],
        )
        for row in rows
    ]


_AS_KEPT = {"return_no", "customer_id", "refund_fen", "returned_at", "reason", "source"}


def _take_back(session: Session, actor: Actor, body: ReturnIn) -> Answer:
    is_new = returning.by_no(session, body.return_no) is None
    row = sales.record_return(session, actor, new_return(session, body), ref=body.return_no)
    location = {"location": f"/api/v1/returns/{row.return_no}"}
    is_created = is_new and row.return_no == body.return_no
    status = HTTPStatus.CREATED if is_created else HTTPStatus.OK
    return Answer(shown(session, [row])[0], status, location)
