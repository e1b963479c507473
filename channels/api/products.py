"""The catalogue over HTTP."""

from collections.abc import Sequence
from datetime import date
from typing import Annotated

from fastapi import APIRouter, Response
from pydantic import BaseModel, Field, StringConstraints
from sqlmodel import Session

from channels.api.bulk import Many, Results
from channels.api.call import Answer, ChangeCall, ReadCall, WriteCall
from channels.api.keeping import Kept
from channels.api.paging import Page, Pages
from channels.api.references import Code, Fen
from crm_core.authz import Actor, Permission
from crm_core.catalog import service as catalog
from crm_core.catalog.models import Product

router = APIRouter(prefix="/products", tags=["products"])
Words = Annotated[
    list[Annotated[str, StringConstraints(min_length=1, max_length=32)]], Field(max_length=100)
]


class ProductFields(BaseModel):
    name: str = Field(min_length=1, max_length=128, examples=["羊毛双面呢大衣"])
    category: Code = Field(examples=["大衣"])
    styles: Words = Field(default=[], examples=[["通勤"]])
    colors: Words = Field(default=[], examples=[["驼色", "黑色"]])
    sizes: Words = Field(default=[], examples=[["S", "M", "L"]])
    price_fen: Fen = Field(examples=[159900])
    launched_on: date | None = None
    withdrawn: bool = False


class ProductBody(ProductFields):
    article_no: Code = Field(examples=["A2031"])


@router.put("/{article_no}", response_model=ProductBody)
def put_product(call: ChangeCall, article_no: Code, body: ProductFields) -> Response:
    """Add a product or change the one with this article number, whole."""
    return _KEPT.put(call, ProductBody(article_no=article_no, **body.model_dump()))


@router.post("/bulk", response_model=Results[ProductBody])
def put_products(call: WriteCall, body: Many[ProductBody]) -> Response:
    """Add or change up to 500; each stands or falls alone."""
    return _KEPT.put_many(call, body, Results[ProductBody])


@router.get("", response_model=Page[ProductBody])
def list_products(call: ReadCall, pages: Pages) -> Response:
    """All products, withdrawn ones too."""

    def work(session: Session, actor: Actor) -> Answer:
        rows = catalog.listed(session, actor, after=pages.after, limit=pages.limit)
        return pages.page(rows, lambda some: _shown(session, some), Page[ProductBody])

    return call.read(work)


@router.get("/{article_no}", response_model=ProductBody)
def get_product(call: ReadCall, article_no: str) -> Response:
    """One product."""
    return _KEPT.get(call, Permission.PRODUCT_READ, article_no)


def _shown(_: Session, rows: Sequence[Product]) -> list[ProductBody]:
    return [ProductBody(**row.model_dump()) for row in rows]


_KEPT = Kept[ProductBody, Product](
    find=catalog.by_article_no,
    make=lambda _, body: Product(**body.model_dump()),
    save=catalog.save,
    show=_shown,
    key=lambda body: body.article_no,
)
