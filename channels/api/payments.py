"""Payments and refunds over HTTP."""

from collections.abc import Sequence
from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Query, Response
from pydantic import BaseModel, Field
from sqlmodel import Session

from channels.api import bulk
from channels.api.bulk import Many, Results
from channels.api.call import Answer, ReadCall, WriteCall
from channels.api.paging import Page, Pages
from channels.api.references import MOST_FEN, Code, Moment, Number
from crm_core.authz import Actor
from crm_core.orders import finding
from crm_core.payments import service as payments
from crm_core.payments.models import Method, Payment, PaymentKind
from crm_core.payments.service import NewPayment

router = APIRouter(prefix="/payments", tags=["payments"])
_SHOWN_TAIL = 4


class PaymentIn(BaseModel):
    payment_no: Number = Field(examples=["ZF20261122001"])
    order_no: Number = Field(examples=["DD20261122001"])
    kind: PaymentKind = PaymentKind.PAID
    method: Method = Field(examples=["wechat"])
    amount_fen: int = Field(gt=0, le=MOST_FEN, examples=[99900])
    paid_at: Moment = Field(examples=["2026-11-22T14:03:00+08:00"])
    reference: str | None = Field(
        default=None, max_length=128, description="The provider's number; kept encrypted."
    )
    source: Code = "till"


class PaymentOut(BaseModel):
    payment_no: str
    order_no: str
    customer_id: int
    kind: PaymentKind
    method: Method
    amount_fen: int
    paid_at: Moment
    reference: str | None = Field(description="Its last four characters only.")
    source: str


@router.post("", status_code=201, response_model=PaymentOut)
def record_payment(call: WriteCall, body: PaymentIn) -> Response:
    """Keep a payment or a refund. The same again answers with the first."""
    return call.write(lambda session, actor: _record(session, actor, body))


@router.post("/bulk", response_model=Results[PaymentOut])
def record_payments(call: WriteCall, body: Many[PaymentIn]) -> Response:
    """Keep up to 500; each stands or falls alone."""
    work = bulk.each(body.items, _record, Results[PaymentOut], order=lambda item: item.order_no)
    return call.write(work)


@router.get("", response_model=Page[PaymentOut])
def list_payments(
    call: ReadCall, pages: Pages, order_no: Annotated[str | None, Query(max_length=64)] = None
) -> Response:
    """Payments and refunds, oldest first."""

    def work(session: Session, actor: Actor) -> Answer:
        rows = payments.listed(
            session, actor, order_no=order_no, after=pages.after, limit=pages.limit
        )
        return pages.page(rows, lambda some: _shown(session, some), Page[PaymentOut])

    return call.read(work)


@router.get("/{payment_no}", response_model=PaymentOut)
def get_payment(call: ReadCall, payment_no: str) -> Response:
    """One payment or refund."""
    return call.read(
        lambda session, actor: Answer(
            _shown(session, [payments.get(session, actor, payment_no)])[0]
        )
    )


def _record(session: Session, actor: Actor, body: PaymentIn) -> Answer:
    new = NewPayment(**body.model_dump(exclude={"payment_no"}))
    row = payments.record(session, actor, new, ref=body.payment_no)
    location = {"location": f"/api/v1/payments/{row.payment_no}"}
    return Answer(_shown(session, [row])[0], HTTPStatus.CREATED, location)


def _shown(session: Session, rows: Sequence[Payment]) -> list[PaymentOut]:
    numbers = finding.numbers(session, {row.order_id for row in rows})
    return [
        PaymentOut(
            **row.model_dump(exclude={"reference"}),
            order_no=numbers[row.order_id],
            reference=f"****{row.reference[-_SHOWN_TAIL:]}" if row.reference else None,
        )
        for row in rows
    ]
