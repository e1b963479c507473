"""Who is told what, over HTTP; every delivery can be seen, and made again."""

from collections.abc import Sequence
from http import HTTPStatus
from typing import Annotated, Any

from fastapi import APIRouter, Query, Response
from pydantic import BaseModel, Field
from sqlmodel import Session

from channels.api.call import Answer, ReadCall, WriteCall
from channels.api.paging import Page, Pages
from channels.api.references import Id, Moment
from crm_core.authz import Actor
from crm_core.webhooks import service as webhooks
from crm_core.webhooks.models import Delivery, DeliveryState, Webhook
from crm_core.webhooks.service import Event

router = APIRouter(prefix="/webhooks", tags=["webhooks"])


class WebhookIn(BaseModel):
    url: str = Field(max_length=512, examples=["https://partner.example.com/dianyu"])
    events: list[Event] = Field(min_length=1, examples=[["order.taken", "points.changed"]])


class WebhookOut(BaseModel):
    id: int
    url: str
    events: list[str]
    active: bool
    created_at: Moment


class NewWebhook(WebhookOut):
    secret: str = Field(description="Shown this once; checks the signature of deliveries.")


class Webhooks(BaseModel):
    items: list[WebhookOut]


class DeliveryOut(BaseModel):
    id: int
    webhook_id: int
    event: str
    event_id: str = Field(description="Sent as webhook-id; the same at every attempt.")
    data: dict[str, Any]
    state: DeliveryState
    attempts: int
    status: int | None = Field(description="What the receiver answered last.")
    error: str | None
    next_at: Moment
    delivered_at: Moment | None
    created_at: Moment


@router.post("", status_code=201, response_model=NewWebhook)
def add_webhook(call: WriteCall, body: WebhookIn) -> Response:
    """Let an address be told of events from now on."""

    def work(session: Session, actor: Actor) -> Answer:
        row = webhooks.add(session, actor, body.url, [event.value for event in body.events])
        return Answer(NewWebhook(**_fields(row), secret=row.secret), HTTPStatus.CREATED)

    return call.write(work)


@router.get("", response_model=Webhooks)
def list_webhooks(call: ReadCall) -> Response:
    """All addresses that are told."""
    return call.read(
        lambda session, actor: Answer(
            Webhooks(items=[WebhookOut(**_fields(x)) for x in webhooks.everything(session, actor)])
        )
    )


@router.delete("/{webhook_id}", response_model=WebhookOut)
def remove_webhook(call: WriteCall, webhook_id: Id) -> Response:
    """Tell nothing more there."""

    def work(session: Session, actor: Actor) -> Answer:
        webhooks.remove(session, actor, webhook_id)
        return Answer(WebhookOut(**_fields(webhooks.get(session, actor, webhook_id))))

    return call.write(work)


@router.get("/deliveries", response_model=Page[DeliveryOut])
def list_deliveries(
    call: ReadCall,
    pages: Pages,
    webhook_id: Annotated[Id | None, Query()] = None,
    state: Annotated[DeliveryState | None, Query()] = None,
) -> Response:
    """What was told, and how it went."""

    def work(session: Session, actor: Actor) -> Answer:
        rows = webhooks.deliveries(
            session, actor,
            webhook_id=webhook_id, state=state, after=pages.after, limit=pages.limit,
        )  # fmt: skip
        return pages.page(rows, _shown, Page[DeliveryOut])

    return call.read(work)


@router.post("/deliveries/{delivery_id}/replay", response_model=DeliveryOut)
def replay(call: WriteCall, delivery_id: Id) -> Response:
    """Make a delivery again, whatever came of it."""
    return call.write(
        lambda session, actor: Answer(_shown([webhooks.replay(session, actor, delivery_id)])[0])
    )


def _fields(row: Webhook) -> dict[str, Any]:
    return row.model_dump(exclude={"secret"})


def _shown(rows: Sequence[Delivery]) -> list[DeliveryOut]:
    return [DeliveryOut(**row.model_dump()) for row in rows]
