"""Points over HTTP: given, spent, looked at."""

from collections.abc import Sequence
from http import HTTPStatus
from typing import Literal

from fastapi import APIRouter, Response
from pydantic import BaseModel, Field, field_validator
from sqlmodel import Session

from channels.api import bulk
from channels.api.bulk import Many, Results
from channels.api.call import Answer, ReadCall, WriteCall
from channels.api.paging import Page, Pages
from channels.api.references import CustomerRef, Id, Moment, Number, customer_id
from crm_core.authz import Actor
from crm_core.clock import now
from crm_core.points import listing, terms
from crm_core.points import service as points
from crm_core.points.models import Cause, PointsEntry

router = APIRouter(tags=["points"])
_MOST = 10**8


class MovementIn(BaseModel):
    ref: Number = Field(description="The till's own; moves points once.", examples=["HD20261122"])
    customer: CustomerRef = Field(examples=[{"phone": "13800138000"}])
    points: int = Field(
        ge=-_MOST, le=_MOST, description="Above 0: given. Below: spent.", examples=[-300]
    )
    why: Literal["gift", "task", "invite", "birthday"] = Field(
        default="gift", description="Of points that are given."
    )
    note: str = Field(default="", max_length=128, examples=["双十一到店礼"])

    @field_validator("points")
    @classmethod
    def _moves(cls, points_: int) -> int:
        if points_ == 0:
            raise ValueError("0 points are no movement")
        return points_


class EntryOut(BaseModel):
    id: int
    customer_id: int
    points: int
    cause: Cause
    note: str
    ref: str
    at: Moment
    available_at: Moment
    expires_at: Moment | None


class StandingOut(BaseModel):
    """How a customer's points stand."""

    customer_id: int
    available: int = Field(description="Below 0: owed.")
    held: int = Field(description="Until the return window ends.")
    held_until: Moment | None
    expiring: int = Field(description="Within 30 days.")
    expires_at: Moment | None


@router.post("/points", status_code=201, response_model=EntryOut)
def move_points(call: WriteCall, body: MovementIn) -> Response:
    """Give points or spend them; the same ref again moves nothing."""
    return call.write(lambda session, actor: _move(session, actor, body))


@router.post("/points/bulk", response_model=Results[EntryOut])
def move_many_points(call: WriteCall, body: Many[MovementIn]) -> Response:
    """Up to 500 movements; each stands or falls alone."""
    work = bulk.each(
        body.items, _move, Results[EntryOut], order=lambda item: item.customer.model_dump_json()
    )
    return call.write(work)


@router.get("/customers/{customer_id}/points", response_model=StandingOut)
def get_standing(call: ReadCall, customer_id: Id) -> Response:
    """What a customer can spend, what is on hold and what expires soon."""

    def work(session: Session, actor: Actor) -> Answer:
        standing = points.standing(session, actor, customer_id)
        return Answer(
            StandingOut(
                customer_id=customer_id,
                available=standing.available,
                held=standing.held,
                held_until=standing.held_until,
                expiring=standing.expiring,
                expires_at=standing.expires_at,
            )
        )

    return call.read(work)


@router.get("/customers/{customer_id}/points/entries", response_model=Page[EntryOut])
def list_entries(call: ReadCall, customer_id: Id, pages: Pages) -> Response:
    """A customer's movements, oldest first."""

    def work(session: Session, actor: Actor) -> Answer:
        rows = listing.listed(session, actor, customer_id, after=pages.after, limit=pages.limit)
        return pages.page(rows, _shown, Page[EntryOut])

    return call.read(work)


def _move(session: Session, actor: Actor, body: MovementIn) -> Answer:
    known_id = customer_id(session, body.customer)
    ref = f"api:{body.ref}"
    if body.points < 0:
        entry = points.spend(session, actor, known_id, -body.points, note=body.note, ref=ref)
    else:
        lot = points.Lot(
            body.points,
            Cause(body.why),
            note=body.note,
            expires_at=terms.expires_at(session, now()),
        )
        entry = points.earn(session, actor, known_id, lot, ref=ref)
    return Answer(_shown([entry])[0], HTTPStatus.CREATED)


def _shown(rows: Sequence[PointsEntry]) -> list[EntryOut]:
    return [
        EntryOut(**row.model_dump(include=_AS_KEPT), points=row.delta, at=row.created_at)
        for row in rows
    ]


_AS_KEPT = {"id", "customer_id", "cause", "note", "ref", "available_at", "expires_at"}
