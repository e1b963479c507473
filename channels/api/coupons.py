"""Coupons over HTTP: the till reserves them while an order is being paid, then confirms."""

from http import HTTPStatus

from fastapi import APIRouter, Response
from pydantic import BaseModel, Field
from sqlmodel import Session

from channels.api import bulk
from channels.api.bulk import Many, Results
from channels.api.call import Answer, ReadCall, WriteCall
from channels.api.references import Code, CustomerRef, Fen, Id, Moment, Number, customer_id
from crm_core.authz import Actor, Permission
from crm_core.coupons import kinds
from crm_core.coupons import service as coupons
from crm_core.coupons.kinds import NewKind
from crm_core.coupons.models import Coupon, CouponKind
from crm_core.coupons.pricing import Basket, Goods
from crm_core.coupons.service import Reservation

router = APIRouter(tags=["coupons"])


class CouponIn(BaseModel):
    ref: Number = Field(description="The sender's; issues once.", examples=["FQ20261122"])
    customer: CustomerRef = Field(examples=[{"phone": "13800138000"}])
    kind: Number = Field(description="The code of its kind.", examples=["birthday-50"])
    note: str = Field(default="", max_length=128)


class CouponOut(BaseModel):
    number: str = Field(description="What the till scans.")
    kind: str
    title: str
    customer_id: int
    valid_from: Moment
    valid_until: Moment | None


class Coupons(BaseModel):
    items: list[CouponOut]


class KindBody(NewKind):
    """What `NewKind` takes, within what the database holds."""

    valid_from: Moment | None = None
    valid_until: Moment | None = None
    stock: int | None = Field(default=None, ge=0, le=10**8)
    per_customer: int | None = Field(default=None, ge=1, le=10**6)


class Kinds(BaseModel):
    items: list[KindBody]


class BasketLine(BaseModel):
    amount_fen: Fen = Field(description="Of all pieces, before any coupon.", examples=[99900])
    category: str = Field(default="", max_length=32, examples=["大衣"])


class ReserveIn(BaseModel):
    order_no: Number = Field(examples=["DD20261122001"])
    coupons: list[Number] = Field(min_length=1, max_length=20, examples=[["880012345678"]])
    basket: list[BasketLine] = Field(min_length=1, max_length=200)
    store_code: Code | None = Field(default=None, description="Without it: online.")


class ReservationOut(BaseModel):
    """Coupons that an order holds, and what they take off it."""

    order_no: str
    off_fen: int
    coupons: dict[str, int] = Field(description="What each takes off, in fen.")
    until: Moment | None = Field(description="Then they are free again, unless confirmed.")


class Released(BaseModel):
    order_no: str
    released: int


@router.put("/coupons/kinds/{code}", response_model=KindBody)
def put_kind(call: WriteCall, code: Number, body: KindBody) -> Response:
    """Add a kind of coupon, or change the one with this code, whole."""

    def work(session: Session, actor: Actor) -> Answer:
        row, _ = kinds.put(session, actor, body.model_copy(update={"code": code}))
        return Answer(_kind(row))

    return call.write(work)


@router.get("/coupons/kinds", response_model=Kinds)
def list_kinds(call: ReadCall) -> Response:
    """All kinds, by code."""

    def work(session: Session, actor: Actor) -> Answer:
        actor.require(Permission.COUPON_READ)
        return Answer(Kinds(items=[_kind(row) for row in kinds.everything(session)]))

    return call.read(work)


@router.post("/coupons", status_code=201, response_model=CouponOut)
def issue(call: WriteCall, body: CouponIn) -> Response:
    """Give a customer a coupon; the same ref again issues none."""
    return call.write(lambda session, actor: _issue(session, actor, body))


@router.post("/coupons/bulk", response_model=Results[CouponOut])
def issue_many(call: WriteCall, body: Many[CouponIn]) -> Response:
    """Issue up to 500; each stands or falls alone."""
    work = bulk.each(
        body.items, _issue, Results[CouponOut], order=lambda item: item.customer.model_dump_json()
    )
    return call.write(work)


@router.get("/customers/{customer_id}/coupons", response_model=Coupons)
def list_coupons(call: ReadCall, customer_id: Id) -> Response:
    """What a customer can use now, what ends soonest first."""

    def work(session: Session, actor: Actor) -> Answer:
        held = coupons.usable(session, actor, customer_id)
        return Answer(Coupons(items=[_shown(coupon, kind) for coupon, kind in held]))

    return call.read(work)


@router.post("/coupons/reservations", status_code=201, response_model=ReservationOut)
def reserve(call: WriteCall, body: ReserveIn) -> Response:
    """Hold coupons for an order that is being paid, and learn what they take off."""

    def work(session: Session, actor: Actor) -> Answer:
        goods = tuple(Goods(line.amount_fen, line.category) for line in body.basket)
        held = coupons.reserve(
            session, actor, list(dict.fromkeys(body.coupons)), Basket(goods, body.store_code),
            order_no=body.order_no, ref=f"api:{body.order_no}",
        )  # fmt: skip
        return Answer(_reservation(held), HTTPStatus.CREATED)

    return call.write(work)


@router.post("/coupons/reservations/{order_no}/confirm", response_model=ReservationOut)
def confirm(call: WriteCall, order_no: Number) -> Response:
    """The order was paid: its coupons are used up."""
    return call.write(
        lambda session, actor: Answer(
            _reservation(coupons.confirm(session, actor, order_no, ref=f"api:{order_no}"))
        )
    )


@router.delete("/coupons/reservations/{order_no}", response_model=Released)
def release(call: WriteCall, order_no: Number) -> Response:
    """The order came to nothing: its coupons are free again."""

    def work(session: Session, actor: Actor) -> Answer:
        number = coupons.release(session, actor, order_no, ref=f"api:{order_no}")
        return Answer(Released(order_no=order_no, released=number))

    return call.write(work)


def _issue(session: Session, actor: Actor, body: CouponIn) -> Answer:
    known_id = customer_id(session, body.customer)
    ref = f"api:{body.ref}"
    row = coupons.issue(session, actor, known_id, body.kind, note=body.note, ref=ref)
    return Answer(_shown(row, kinds.get(session, row.kind_id)), HTTPStatus.CREATED)


def _shown(coupon: Coupon, kind: CouponKind) -> CouponOut:
    known = coupon.model_dump(include={"number", "customer_id", "valid_from", "valid_until"})
    return CouponOut(kind=kind.code, title=kind.title, **known)


def _kind(row: CouponKind) -> KindBody:
    return KindBody(**row.model_dump(include=set(NewKind.model_fields)))


def _reservation(held: Reservation) -> ReservationOut:
    return ReservationOut(
        order_no=held.order_no, off_fen=held.off_fen, coupons=held.by_number, until=held.until
    )
