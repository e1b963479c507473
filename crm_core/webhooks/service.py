"""Telling other systems what happened, and seeing to it that they were told."""

import hashlib
from collections.abc import Collection, Sequence
from enum import StrEnum
from ipaddress import ip_address
from urllib.parse import urlsplit

from sqlmodel import Session, col, select

from crm_core import queues
from crm_core.audit import service as audit
from crm_core.authz import Actor, Permission
from crm_core.clock import now
from crm_core.db import after_commit
from crm_core.errors import CrmError, Kind
from crm_core.settings import settings
from crm_core.webhooks import jobs, signing
from crm_core.webhooks.models import Delivery, DeliveryState, Webhook


class Event(StrEnum):
    """What can be waited for."""

    ORDER_TAKEN = "order.taken"
    ORDER_RETURNED = "order.returned"
    POINTS_CHANGED = "points.changed"
    TIER_CHANGED = "tier.changed"
    COMPLAINT_OPENED = "complaint.opened"


class WebhookNotFound(CrmError):
    code = "webhook_not_found"
    kind = Kind.NOT_FOUND


class BadWebhook(CrmError):
    """The address is none that may be called, or an event is none that is told."""

    code = "bad_webhook"
    kind = Kind.INVALID


def emit(session: Session, event: str, data: dict[str, object], *, ref: str) -> None:
    """Tell everybody who waits for this event, once the caller's transaction has committed.

    `data` holds ids and figures, never personal data. `ref` is the cause, and the caller has made
    sure it happens once.
    """
    event_id = "evt_" + hashlib.sha256(f"{event}\0{ref}".encode()).hexdigest()[:32]
    for receiver_id in _waiting_for(session, event):
        row = Delivery(webhook_id=receiver_id, event=event, event_id=event_id, data=data)
        session.add(row)
        session.flush()  # gives the job an id
        after_commit(session, jobs.deliver, row.id, queue=queues.DEFAULT)


def add(session: Session, actor: Actor, url: str, events: Collection[str]) -> Webhook:
    """Let `url` be told of `events` from now on; the row holds the secret to check them by.

    Raises:
        Forbidden: the actor may not.
        BadWebhook: the address cannot be called, or an event is unknown.
    """
    actor.require(Permission.WEBHOOK_WRITE)
    if not _is_callable(url):
        raise BadWebhook(url, name="url")
    if not events or not set(events) <= set(Event):
        raise BadWebhook(events, name="events")
    row = Webhook(url=url, secret=signing.new_secret(), events=sorted(set(events)))
    session.add(row)
    session.flush()
    session.info.pop(_KNOWN, None)
    audit.record(session, actor, "webhook:add", f"webhook:{row.id}", events=row.events)
    return row


def remove(session: Session, actor: Actor, webhook_id: int) -> None:
    """Tell nothing more there; what was told stays visible. Repeating changes nothing.

    Raises:
        Forbidden: the actor may not.
        WebhookNotFound: there is none.
    """
    actor.require(Permission.WEBHOOK_WRITE)
    row = get(session, actor, webhook_id)
    if row.active:
        row.active = False
        session.add(row)
        session.info.pop(_KNOWN, None)
        audit.record(session, actor, "webhook:remove", f"webhook:{row.id}")


def get(session: Session, actor: Actor, webhook_id: int) -> Webhook:
    """One receiver.

    Raises:
        Forbidden: the actor may not.
        WebhookNotFound: there is none.
    """
    if not actor.may(Permission.WEBHOOK_WRITE):
        actor.require(Permission.WEBHOOK_READ)
    if (row := session.get(Webhook, webhook_id)) is None:
        raise WebhookNotFound(webhook_id, number=webhook_id)
    return row


def everything(session: Session, actor: Actor) -> Sequence[Webhook]:
    """All receivers that are still told, the oldest first.

    Raises:
        Forbidden: the actor may not.
    """
    actor.require(Permission.WEBHOOK_READ)
    return session.exec(select(Webhook).where(col(Webhook.active)).order_by(_by_age)).all()


def deliveries(
    session: Session,
    actor: Actor,
    *,
    webhook_id: int | None = None,
    state: DeliveryState | None = None,
    after: int = 0,
    limit: int = 50,
) -> Sequence[Delivery]:
    """What was told, in the order it happened, from behind the delivery `after`.

    Raises:
        Forbidden: the actor may not.
    """
    actor.require(Permission.WEBHOOK_READ)
    wanted = select(Delivery).where(Delivery.id > after)
    if webhook_id is not None:
        wanted = wanted.where(Delivery.webhook_id == webhook_id)
    if state is not None:
        wanted = wanted.where(Delivery.state == state)
    return session.exec(wanted.order_by(col(Delivery.id)).limit(limit)).all()


def replay(session: Session, actor: Actor, delivery_id: int) -> Delivery:
    """Make a delivery again, whatever came of it; it is tried for three days again.

    Raises:
        Forbidden: the actor may not.
        WebhookNotFound: there is no such delivery.
    """
    actor.require(Permission.WEBHOOK_WRITE)
    wanted = select(Delivery).where(Delivery.id == delivery_id).with_for_update()
    if (row := session.exec(wanted).one_or_none()) is None:
        raise WebhookNotFound(delivery_id, number=delivery_id)
    row.state, row.attempts = DeliveryState.PENDING, 0
    row.next_at = row.tried_since = now()
    session.add(row)
    audit.record(session, actor, "webhook:replay", f"delivery:{row.id}")
    after_commit(session, jobs.deliver, row.id, queue=queues.DEFAULT)
    return row


_KNOWN = "webhooks waiting"
_by_age = col(Webhook.id)


def _waiting_for(session: Session, event: str) -> list[int]:
    """The ids of who waits; looked up once a session, since a sale emits several events."""
    if _KNOWN not in session.info:
        rows = session.exec(select(Webhook).where(col(Webhook.active)).order_by(_by_age))
        session.info[_KNOWN] = [(row.id, frozenset(row.events)) for row in rows]
    return [webhook_id for webhook_id, events in session.info[_KNOWN] if event in events]


def _is_callable(url: str) -> bool:
    """HTTPS to a public name; in a demo also plain HTTP to this machine."""
    parts = urlsplit(url)
    if parts.username or not parts.hostname:
        return False
    if settings().demo and parts.scheme == "http":
        return parts.hostname in {"127.0.0.1", "localhost"}
    return parts.scheme == "https" and _is_public(parts.hostname)


def _is_public(host: str) -> bool:
    try:
        return ip_address(host).is_global
    except ValueError:
        return "." in host and not host.endswith((".local", ".internal", ".localhost"))
