"""Prices over HTTP: in a time, in one shop or in all."""

from collections.abc import Sequence
from typing import Annotated, Self

from fastapi import APIRouter, Query, Response
from pydantic import BaseModel, Field, model_validator
from sqlmodel import Session

from channels.api.bulk import Many, Results
from channels.api.call import Answer, ChangeCall, ReadCall, WriteCall
from channels.api.keeping import Kept
from channels.api.paging import Page, Pages
from channels.api.references import Code, Fen, Moment, Number, store_id
from crm_core.authz import Actor, Permission
from crm_core.catalog import prices
from crm_core.catalog import service as catalog
from crm_core.catalog.models import Price
from crm_core.catalog.prices import Asked
from crm_core.clock import now
from crm_core.stores import service as stores

router = APIRouter(prefix="/prices", tags=["prices"])


class PriceFields(BaseModel):
    article_no: Code = Field(examples=["A2031"])
    store_code: Code | None = Field(default=None, description="Without it: everywhere.")
    price_fen: Fen = Field(examples=[129900])
    starts_at: Moment = Field(examples=["2026-11-11T00:00:00+08:00"])
    ends_at: Moment | None = Field(default=None, description="Without it: for good.")

    @model_validator(mode="after")
    def _lasts(self) -> Self:
        if self.ends_at is not None and self.ends_at <= self.starts_at:
            raise ValueError("ends_at is after starts_at")
        return self


class PriceBody(PriceFields):
    price_no: Number = Field(examples=["D11-A2031"])


class PriceNow(BaseModel):
    article_no: str
    price_fen: int


@router.get("/now", response_model=PriceNow)
def get_price_now(
    call: ReadCall,
    article_no: Annotated[str, Query(max_length=32, examples=["A2031"])],
    store_code: Annotated[str | None, Query(max_length=32)] = None,
    at: Annotated[Moment | None, Query(description="Else now.")] = None,
) -> Response:
    """What a piece costs: the shop's own price goes over one for all shops, a later one over an
    earlier, and without any the catalogue's holds.
    """

    def work(session: Session, actor: Actor) -> Answer:
        actor.require(Permission.PRODUCT_READ)
        product = catalog.by_article_no(session, article_no)
        asked = Asked(product, store_id(session, store_code), at or now())
        return Answer(PriceNow(article_no=article_no, price_fen=prices.at(session, asked)))

    return call.read(work)


@router.put("/{price_no}", response_model=PriceBody)
def put_price(call: ChangeCall, price_no: Number, body: PriceFields) -> Response:
    """Add a price or change the one with this number, whole."""
    return _KEPT.put(call, PriceBody(price_no=price_no, **body.model_dump()))


@router.post("/bulk", response_model=Results[PriceBody])
def put_prices(call: WriteCall, body: Many[PriceBody]) -> Response:
    """Add or change up to 500; each stands or falls alone."""
    return _KEPT.put_many(call, body, Results[PriceBody])


@router.get("", response_model=Page[PriceBody])
def list_prices(
    call: ReadCall, pages: Pages, article_no: Annotated[str | None, Query(max_length=32)] = None
) -> Response:
    """Prices of one product or of all."""

    def work(session: Session, actor: Actor) -> Answer:
        product_id = catalog.by_article_no(session, article_no).id if article_no else None
        rows = prices.listed(
            session, actor, product_id=product_id, after=pages.after, limit=pages.limit
        )
        return pages.page(rows, lambda some: _shown(session, some), Page[PriceBody])

    return call.read(work)


@router.get("/{price_no}", response_model=PriceBody)
def get_price(call: ReadCall, price_no: str) -> Response:
    """One price."""
    return _KEPT.get(call, Permission.PRODUCT_READ, price_no)


def _made(session: Session, body: PriceBody) -> Price:
    return Price(
        **body.model_dump(exclude={"article_no", "store_code"}),
        product_id=catalog.by_article_no(session, body.article_no).id,
        store_id=store_id(session, body.store_code),
    )


def _shown(session: Session, rows: Sequence[Price]) -> list[PriceBody]:
    articles = catalog.article_nos(session, [row.product_id for row in rows])
    codes = stores.codes(session, [row.store_id for row in rows])
    return [
        PriceBody(
            **row.model_dump(),
            article_no=articles[row.product_id],
            store_code=codes.get(row.store_id),
        )
        for row in rows
    ]


_KEPT = Kept[PriceBody, Price](
    find=prices.by_no,
    make=_made,
    save=prices.save,
    show=_shown,
    key=lambda body: body.price_no,
)
