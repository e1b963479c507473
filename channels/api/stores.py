"""Shops over HTTP."""

from collections.abc import Sequence

from fastapi import APIRouter, Response
from pydantic import BaseModel, Field
from sqlmodel import Session

from channels.api.bulk import Many, Results
from channels.api.call import Answer, ChangeCall, ReadCall, WriteCall
from channels.api.keeping import Kept
from channels.api.paging import Page, Pages
from channels.api.references import Code
from crm_core.authz import Actor, Permission
from crm_core.stores import service as stores
from crm_core.stores.models import Store

router = APIRouter(prefix="/stores", tags=["stores"])


class StoreFields(BaseModel):
    name: str = Field(min_length=1, max_length=64, examples=["万达店"])
    address: str = Field(default="", max_length=255, examples=["中山路 1 号"])
    phone: str = Field(default="", max_length=32, examples=["021-55550000"])
    hours: str = Field(default="", max_length=64, examples=["10:00-22:00"])
    closed: bool = False


class StoreBody(StoreFields):
    code: Code = Field(examples=["WD01"])


@router.put("/{code}", response_model=StoreBody)
def put_store(call: ChangeCall, code: Code, body: StoreFields) -> Response:
    """Add a shop or change the one with this code, whole."""
    return _KEPT.put(call, StoreBody(code=code, **body.model_dump()))


@router.post("/bulk", response_model=Results[StoreBody])
def put_stores(call: WriteCall, body: Many[StoreBody]) -> Response:
    """Add or change up to 500; each stands or falls alone."""
    return _KEPT.put_many(call, body, Results[StoreBody])


@router.get("", response_model=Page[StoreBody])
def list_stores(call: ReadCall, pages: Pages) -> Response:
    """All shops, closed ones too."""

    def work(session: Session, actor: Actor) -> Answer:
        rows = stores.listed(session, actor, after=pages.after, limit=pages.limit)
        return pages.page(rows, lambda some: _shown(session, some), Page[StoreBody])

    return call.read(work)


@router.get("/{code}", response_model=StoreBody)
def get_store(call: ReadCall, code: str) -> Response:
    """One shop."""
    return _KEPT.get(call, Permission.STORE_READ, code)


def _shown(_: Session, rows: Sequence[Store]) -> list[StoreBody]:
    return [StoreBody(**row.model_dump()) for row in rows]


_KEPT = Kept[StoreBody, Store](
    find=stores.by_code,
    make=lambda _, body: Store(**body.model_dump()),
    save=stores.save,
    show=_shown,
    key=lambda body: body.code,
)
