"""Customers over HTTP. What is personal is answered masked, whatever the key's scopes."""

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
    Code,
    CustomerRef,
    Id,
    IdentityRef,
    Moment,
    Number,
    customer_id,
    staff_id,
    store_id,
)  # fmt: skip
from crm_core.audit import reads
from crm_core.authz import Actor, Permission
from crm_core.customers import listing, names, phones
from crm_core.customers import service as customers
from crm_core.customers.models import Customer, IdentityKind
from crm_core.enrolling import service as enrolling
from crm_core.enrolling.service import Enrolment, Identified
from crm_core.entry import service as entry
from crm_core.fields import reading
from crm_core.staff import service as staff
from crm_core.stores import service as stores
from crm_core.tiers import service as tiers

router = APIRouter(prefix="/customers", tags=["customers"])
Entered = Annotated[
    dict[str, str],
    Field(
        max_length=100,
        description="By field: name, birthday, size:裤装, tag … and the shop's own.",
        examples=[{"name": "林晓月", "birthday": "1992-05-04", "size:裤装": "M"}],
    ),
]


class CustomerIn(BaseModel):
    """Somebody with at least one identity; a phone or card makes them a member."""

    ref: Number = Field(description="The sender's; keeps fields once.", examples=["HY-88001"])
    phone: str | None = Field(default=None, max_length=32, examples=["13800138000"])
    phone_verified: bool = Field(default=False, description="The sender has checked it by a code.")
    card_no: str | None = Field(default=None, min_length=1, max_length=64)
    identities: list[IdentityRef] = Field(default=[], max_length=10)
    fields: Entered = {}
    store_code: Code | None = None
    assistant_userid: str | None = Field(default=None, max_length=64)

    @model_validator(mode="after")
    def _somebody(self) -> Self:
        if not (self.phone or self.card_no or self.identities):
            raise ValueError("name a phone, a card or another identity")
        return self


class CustomerChange(BaseModel):
    ref: Number = Field(description="The sender's; keeps fields once.", examples=["GX-88001"])
    fields: Entered


class CustomerOut(BaseModel):
    id: int
    name: str | None = Field(description="Masked: 林**.")
    phone: str | None = Field(description="Masked: 138****8000.")
    tier: str
    city: str | None
    store_code: str | None
    assistant_userid: str | None
    member_since: Moment | None
    created_at: Moment


class FieldOut(BaseModel):
    code: str
    title: str
    value: str = Field(description="Masked where it is personal.")


class Whole(CustomerOut):
    """One customer with all that is held of them."""

    fields: list[FieldOut]
    warnings: list[str] = Field(default=[], description="Worth a second look; kept all the same.")


class RightsOut(BaseModel):
    """What a customer may expect today."""

    level: str
    discount_percent: int = Field(description="Of the price left to pay: 90 is 9折.")
    free_delivery: bool
    free_returns: bool
    adviser: bool
    tailoring: bool
    priority: bool
    until: Moment | None
    next_level: str | None
    missing_fen: int | None
    missing_points: int | None
    redeem_points: int | None


@router.post("", status_code=201, response_model=Whole)
def enrol(call: WriteCall, body: CustomerIn) -> Response:
    """Add a customer (201), or bring the one with these identities up to date (200)."""
    return call.write(lambda session, actor: _enrol(session, actor, body))


@router.post("/bulk", response_model=Results[Whole])
def enrol_many(call: WriteCall, body: Many[CustomerIn]) -> Response:
    """Up to 500 customers; each stands or falls alone."""
    work = bulk.each(body.items, _enrol, Results[Whole], order=lambda item: item.ref)
    return call.write(work)


@router.get("", response_model=Page[CustomerOut])
def list_customers(call: ReadCall, pages: Pages) -> Response:
    """All customers, oldest first."""

    def work(session: Session, actor: Actor) -> Answer:
        rows = listing.listed(session, actor, after=pages.after, limit=pages.limit)
        subject = f"customers after {pages.after}"
        reads.keep(session, actor, "customer:list", subject, number=len(rows[: pages.size]))
        return pages.page(rows, lambda some: _shown(session, some), Page[CustomerOut])

    return call.read(work)


@router.get("/lookup", response_model=Whole)
def look_up(
    call: ReadCall,
    phone: Annotated[str | None, Query(max_length=32)] = None,
    card_no: Annotated[str | None, Query(max_length=64)] = None,
    kind: Annotated[IdentityKind | None, Query(description="With value, and account.")] = None,
    value: Annotated[str, Query(max_length=128)] = "",
    account: Annotated[str, Query(max_length=64)] = "",
) -> Response:
    """The customer with this phone, card or other identity: name exactly one."""
    identity = IdentityRef(kind=kind, value=value, account=account) if kind and value else None
    ref = CustomerRef.model_construct(id=None, phone=phone, card_no=card_no, identity=identity)

    def work(session: Session, actor: Actor) -> Answer:
        actor.require(Permission.CUSTOMER_READ)
        if not (phone or card_no or identity):
            raise customers.CustomerNotFound("nothing named")
        return Answer(_whole(session, actor, customer_id(session, ref)))

    return call.read(work)


@router.get("/{customer_id}", response_model=Whole)
def get_customer(call: ReadCall, customer_id: Id) -> Response:
    """One customer."""
    return call.read(lambda session, actor: Answer(_whole(session, actor, customer_id)))


@router.patch("/{customer_id}", response_model=Whole)
def change_customer(call: ChangeCall, customer_id: Id, body: CustomerChange) -> Response:
    """Change some fields of a customer; If-Match is needed."""

    def work(session: Session, actor: Actor) -> Answer:
        customers.lock(session, actor, Permission.CUSTOMER_WRITE, customer_id)
        call.expect(_whole(session, actor, customer_id), required=True)
        ref = f"api:{body.ref}"
        kept = entry.enter(session, actor, customer_id, body.fields, source="api", ref=ref)
        return Answer(_whole(session, actor, customer_id, kept.warnings))

    return call.write(work)


@router.get("/{customer_id}/rights", response_model=RightsOut)
def get_rights(call: ReadCall, customer_id: Id) -> Response:
    """What the customer's level brings, for the till to apply."""

    def work(session: Session, actor: Actor) -> Answer:
        held = tiers.rights(session, actor, customer_id)
        known = {name: getattr(held, name) for name in RightsOut.model_fields}
        return Answer(RightsOut(**known))

    return call.read(work)


def _enrol(session: Session, actor: Actor, body: CustomerIn) -> Answer:
    new = Enrolment(
        _identities(body),
        fields=body.fields,
        store_id=store_id(session, body.store_code),
        assistant_id=staff_id(session, body.assistant_userid),
    )
    row, is_new = enrolling.enrol(session, actor, new, ref=f"api:{body.ref}")
    location = {"location": f"/api/v1/customers/{row.id}"}
    status = HTTPStatus.CREATED if is_new else HTTPStatus.OK
    return Answer(_whole(session, actor, row.id), status, location)


def _identities(body: CustomerIn) -> list[Identified]:
    known = [Identified(ref.kind, ref.value, ref.account) for ref in body.identities]
    if body.card_no is not None:
        known.insert(0, Identified(IdentityKind.CARD, body.card_no))
    if body.phone is not None:
        phone = phones.normalise(body.phone)
        known.insert(0, Identified(IdentityKind.PHONE, phone, verified=body.phone_verified))
    return known


def _whole(session: Session, actor: Actor, customer_id: int, warnings: Sequence[str] = ()) -> Whole:
    row = customers.get(session, actor, Permission.CUSTOMER_READ, customer_id)
    reads.read(session, actor, customer_id)
    held = [
        FieldOut(code=field.code, title=field.title, value=field.value)
        for field in reading.view(session, actor, customer_id)
    ]
    (shown,) = _shown(session, [row])
    return Whole(**shown.model_dump(), fields=held, warnings=list(warnings))


def _shown(session: Session, rows: Sequence[Customer]) -> list[CustomerOut]:
    codes = stores.codes(session, [row.store_id for row in rows])
    userids = staff.userids(session, [row.assistant_id for row in rows])
    return [
        CustomerOut(
            **row.model_dump(include={"id", "tier", "city", "member_since", "created_at"}),
            name=names.mask(row.name) if row.name else None,
            phone=phones.mask(row.phone) if row.phone else None,
            store_code=codes.get(row.store_id),
            assistant_userid=userids.get(row.assistant_id),
        )
        for row in rows
    ]
