"""Stock over HTTP: what lies where, what came in, what was counted."""

from collections.abc import Sequence
from typing import Annotated, Self

from fastapi import APIRouter, Query, Response
from pydantic import BaseModel, Field, model_validator
from sqlmodel import Session

from channels.api import bulk
from channels.api.bulk import Many, Results
from channels.api.call import Answer, ReadCall, WriteCall
from channels.api.paging import Page, Pages
from channels.api.references import Code, Moment, Number, store_id
from crm_core.authz import Actor, Permission
from crm_core.catalog import service as catalog
from crm_core.stock import service as stock
from crm_core.stock.models import StockLevel
from crm_core.stock.service import Cell
from crm_core.stores import service as stores

router = APIRouter(prefix="/stock", tags=["stock"])
_MOST = 10**7


class MoveIn(BaseModel):
    """Goods in or out under a delivery note, or what somebody counted."""

    ref: Number = Field(description="The note or count; moves a cell once.", examples=["SH001"])
    article_no: Code = Field(examples=["A2031"])
    store_code: Code | None = Field(default=None, description="Without it: online.")
    size: str = Field(default="", max_length=32, examples=["M"])
    color: str = Field(default="", max_length=32, examples=["驼色"])
    received: int | None = Field(default=None, ge=-_MOST, le=_MOST, description="Below 0: out.")
    counted: int | None = Field(default=None, ge=0, le=_MOST)

    @model_validator(mode="after")
    def _one(self) -> Self:
        if (self.received is None) == (self.counted is None) or self.received == 0:
            raise ValueError("state either received, which is not 0, or counted")
        return self


class LevelOut(BaseModel):
    article_no: str
    store_code: str | None
    size: str
    color: str
    quantity: int
    changed_at: Moment


@router.post("", status_code=201, response_model=LevelOut)
def move_stock(call: WriteCall, body: MoveIn) -> Response:
    """Book one move; the same ref again moves nothing."""
    return call.write(lambda session, actor: _move(session, actor, body))


@router.post("/bulk", response_model=Results[LevelOut])
def move_much_stock(call: WriteCall, body: Many[MoveIn]) -> Response:
    """Book up to 500 moves; each stands or falls alone."""

    def cell(item: MoveIn) -> tuple[str, str, str, str]:
        return item.article_no, item.store_code or "", item.size, item.color

    return call.write(bulk.each(body.items, _move, Results[LevelOut], order=cell))


@router.get("", response_model=Page[LevelOut])
def list_stock(
    call: ReadCall,
    pages: Pages,
    article_no: Annotated[str | None, Query(max_length=32)] = None,
    store_code: Annotated[str | None, Query(max_length=32)] = None,
) -> Response:
    """Levels of one product, of one shop, or all."""

    def work(session: Session, actor: Actor) -> Answer:
        actor.require(Permission.STOCK_READ)
        rows = stock.levels(
            session, actor,
            product_id=catalog.by_article_no(session, article_no).id if article_no else None,
            store_id=store_id(session, store_code),
            after=pages.after, limit=pages.limit,
        )  # fmt: skip
        return pages.page(rows, lambda some: _shown(session, some), Page[LevelOut])

    return call.read(work)


def _move(session: Session, actor: Actor, body: MoveIn) -> Answer:
    actor.require(Permission.STOCK_WRITE)
    product = catalog.by_article_no(session, body.article_no)
    cell = Cell(product.id, store_id(session, body.store_code), body.size, body.color)
    if body.counted is not None:
        level = stock.count(session, actor, cell, body.counted, ref=body.ref)
    else:
        assert body.received is not None
        level = stock.receive(session, actor, cell, body.received, ref=body.ref)
    return Answer(_shown(session, [level])[0], 201)


def _shown(session: Session, rows: Sequence[StockLevel]) -> list[LevelOut]:
    articles = catalog.article_nos(session, [row.product_id for row in rows])
    codes = stores.codes(session, [row.store_id for row in rows])
    return [
        LevelOut(
            **row.model_dump(),
            article_no=articles[row.product_id],
            store_code=codes.get(row.store_id),
        )
        for row in rows
    ]
