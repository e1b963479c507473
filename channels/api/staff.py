"""Staff over HTTP."""

from collections.abc import Sequence
from typing import Literal

from fastapi import APIRouter, Response
from pydantic import BaseModel, Field
from sqlmodel import Session

from channels.api.bulk import Many, Results
from channels.api.call import Answer, ChangeCall, ReadCall, WriteCall
from channels.api.keeping import Kept
from channels.api.paging import Page, Pages
from channels.api.references import Code, Number, store_id
from crm_core.authz import Actor, Permission, Role
from crm_core.staff import service as staff
from crm_core.staff.models import Staff
from crm_core.stores import service as stores

router = APIRouter(prefix="/staff", tags=["staff"])
StaffRole = Literal["assistant", "manager", "service", "marketer"]  # admins are made on site


class StaffFields(BaseModel):
    name: str = Field(min_length=1, max_length=64, examples=["陈静"])
    role: StaffRole = Field(examples=["assistant"])
    store_code: Code | None = Field(default=None, description="Without it: all shops.")
    left: bool = Field(default=False, description="Gone; what they did stays.")


class StaffBody(StaffFields):
    userid: Number = Field(description="In WeCom.", examples=["chenjing"])


class StaffOut(BaseModel):
    userid: str
    name: str
    role: Role
    store_code: str | None
    left: bool


@router.put("/{userid}", response_model=StaffOut)
def put_staff(call: ChangeCall, userid: Number, body: StaffFields) -> Response:
    """Add a member of staff or change the one with this WeCom user id, whole."""
    return _KEPT.put(call, StaffBody(userid=userid, **body.model_dump()))


@router.post("/bulk", response_model=Results[StaffOut])
def put_many_staff(call: WriteCall, body: Many[StaffBody]) -> Response:
    """Add or change up to 500; each stands or falls alone."""
    return _KEPT.put_many(call, body, Results[StaffOut])


@router.get("", response_model=Page[StaffOut])
def list_staff(call: ReadCall, pages: Pages) -> Response:
    """Everybody, those who have left too."""

    def work(session: Session, actor: Actor) -> Answer:
        rows = staff.listed(session, actor, after=pages.after, limit=pages.limit)
        return pages.page(rows, lambda some: _shown(session, some), Page[StaffOut])

    return call.read(work)


@router.get("/{userid}", response_model=StaffOut)
def get_staff(call: ReadCall, userid: str) -> Response:
    """One member of staff."""
    return _KEPT.get(call, Permission.STAFF_READ, userid)


def _made(session: Session, body: StaffBody) -> Staff:
    return Staff(
        wecom_userid=body.userid,
        name=body.name,
        role=Role(body.role),
        store_id=store_id(session, body.store_code),
        left=body.left,
    )


def _shown(session: Session, rows: Sequence[Staff]) -> list[StaffOut]:
    codes = stores.codes(session, [row.store_id for row in rows])
    return [
        StaffOut(
            userid=row.wecom_userid,
            name=row.name,
            role=row.role,
            store_code=codes.get(row.store_id),
            left=row.left,
        )
        for row in rows
    ]


_KEPT = Kept[StaffBody, Staff](
    find=staff.by_userid,
    make=_made,
    save=staff.save,
    show=_shown,
    key=lambda body: body.userid,
)
