"""Events from elsewhere over HTTP: one endpoint, a schema for each type."""

from http import HTTPStatus
from typing import Any

from fastapi import APIRouter, Response
from pydantic import BaseModel, Field, JsonValue
from sqlmodel import Session

from channels.api import bulk
from channels.api.bulk import Many, Results
from channels.api.call import Answer, ReadCall, WriteCall
from channels.api.references import Code, CustomerRef, Moment, Number, customer_id
from crm_core.authz import Actor, Permission
from crm_core.events import service as events
from crm_core.events.service import NewEvent

router = APIRouter(prefix="/events", tags=["events"])


class EventIn(BaseModel):
    id: Number = Field(description="The sender's; repeating it writes nothing.", examples=["e-1"])
    type: Code = Field(examples=["browse"])
    at: Moment = Field(examples=["2026-11-22T13:59:00+08:00"])
    customer: CustomerRef = Field(examples=[{"phone": "13800138000"}])
    data: dict[str, JsonValue] = Field(
        description="By the schema of its type: GET /api/v1/events/schemas.",
        examples=[{"product": "A2031", "page": "/p/A2031"}],
    )


class EventOut(BaseModel):
    id: str
    type: str
    customer_id: int


class Schemas(BaseModel):
    schemas: dict[str, dict[str, Any]] = Field(description="JSON Schema 2020-12, by type.")


@router.post("", status_code=201, response_model=EventOut)
def take_event(call: WriteCall, body: EventIn) -> Response:
    """Write an event on the customer's timeline. An unknown type, or data that do not fit its
    schema, are refused with the reason.
    """
    return call.write(lambda session, actor: _take(session, actor, body))


@router.post("/bulk", response_model=Results[EventOut])
def take_events(call: WriteCall, body: Many[EventIn]) -> Response:
    """Up to 500 events; each stands or falls alone."""
    work = bulk.each(
        body.items, _take, Results[EventOut], order=lambda item: item.customer.model_dump_json()
    )
    return call.write(work)


@router.get("/schemas", response_model=Schemas)
def list_schemas(call: ReadCall) -> Response:
    """What the data of each type look like."""

    def work(_: Session, actor: Actor) -> Answer:
        actor.require(Permission.EVENT_WRITE)
        return Answer(Schemas(schemas=events.schemas()))

    return call.read(work)


def _take(session: Session, actor: Actor, body: EventIn) -> Answer:
    actor.require(Permission.EVENT_WRITE)
    known_id = customer_id(session, body.customer)
    new = NewEvent(body.type, body.at, body.data)
    is_new = events.take(session, actor, known_id, new, ref=f"event:{body.id}")
    out = EventOut(id=body.id, type=body.type, customer_id=known_id)
    return Answer(out, HTTPStatus.CREATED if is_new else HTTPStatus.OK)
