"""Deliveries to a receiver on a real socket, through the client that workers use."""

import base64
import hashlib
import hmac
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest
from fastapi import FastAPI, Request, Response
from sqlmodel import Session, select

from channels.webhooks import Client
from crm_core import clock, queues
from crm_core.authz import Actor, Forbidden, Permission, Role, system
from crm_core.db import unit_of_work
from crm_core.webhooks import jobs, ports, service, signing
from crm_core.webhooks.models import Delivery, DeliveryState, Webhook
from tests.factories import a_customer, an_order
from tests.serving import served

US = system("test")


@dataclass
class Receiver:
    url: str = ""
    answers: list[int] = field(default_factory=list)  # then 204
    got: list[tuple[dict[str, str], bytes]] = field(default_factory=list)


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    made, app = Receiver(), FastAPI()

    @app.post("/hook")
    async def hook(request: Request) -> Response:
        made.got.append((dict(request.headers), await request.body()))
        status = made.answers.pop(0) if made.answers else 204
        return Response(status_code=status, headers={"location": "/elsewhere"})

    client = Client()
    ports.plug(client.post)
    with served(app) as url:
        made.url = f"{url}/hook"
        yield made
    client.close()


def a_webhook(session: Session, receiver: Receiver, *events: str) -> Webhook:
    row = service.add(session, US, receiver.url, events or ("order.taken",))
    session.commit()
    return row


def emitted(event: str = "order.taken", ref: str = "r1") -> int:
    with unit_of_work() as session:
        service.emit(session, event, {"order_no": "DD1"}, ref=ref)
        return session.exec(select(Delivery.id).order_by(Delivery.id.desc())).first() or 0  # type: ignore[attr-defined]


def standing(session: Session, delivery_id: int) -> Delivery:
    session.rollback()  # a new transaction sees what others have committed
    return session.get_one(Delivery, delivery_id, populate_existing=True)


def test_the_signature_is_that_of_the_standard() -> None:
    """The example of the scheme's own documentation."""
    at = datetime.fromtimestamp(1614265330, UTC)
    made = signing.headers(
        "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "msg_p5jXN8AQM9LWM0D4loKWxJek", at,
        b'{"test": 2432232314}',
    )  # fmt: skip
    assert made["webhook-signature"] == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_a_receiver_can_check_who_tells_and_when(session: Session, receiver: Receiver) -> None:
    secret = a_webhook(session, receiver).secret
    jobs.deliver(emitted())
    ((headers, body),) = receiver.got
    signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
    key = base64.b64decode(secret.removeprefix("whsec_"))
    digest = base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
    assert headers["webhook-signature"] == f"v1,{digest}"
    assert abs(int(headers["webhook-timestamp"]) - clock.now().timestamp()) < 60


@pytest.mark.every_database
def test_running_twice_tells_once(session: Session, receiver: Receiver) -> None:
    a_webhook(session, receiver)
    delivery = emitted()
    jobs.deliver(delivery)
    jobs.deliver(delivery)
    assert len(receiver.got) == 1
    assert standing(session, delivery).state is DeliveryState.DELIVERED


def test_only_who_waits_for_it_is_told(session: Session, receiver: Receiver) -> None:
    a_webhook(session, receiver, "tier.changed")
    assert emitted("order.taken") == 0
    assert emitted("tier.changed") != 0


def test_nothing_is_told_of_what_was_undone(session: Session, receiver: Receiver) -> None:
    a_webhook(session, receiver)

    def fail() -> None:
        with unit_of_work() as work:
            service.emit(work, "order.taken", {}, ref="r1")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    assert session.exec(select(Delivery)).all() == []
    assert queues.waiting(queues.DEFAULT) == set()


@pytest.mark.parametrize("status", [302, 404, 500])
def test_whatever_is_no_success_is_tried_again(
    session: Session, receiver: Receiver, status: int
) -> None:
    a_webhook(session, receiver)
    receiver.answers = [status]
    delivery = emitted()
    jobs.deliver(delivery)
    row = standing(session, delivery)
    assert (row.state, row.status) == (DeliveryState.PENDING, status)
    clock.set_to(row.next_at + timedelta(seconds=1))
    jobs.sweep()
    assert queues.waiting(queues.DEFAULT) == {f"deliver-{delivery}"}
    jobs.deliver(delivery)
    assert standing(session, delivery).state is DeliveryState.DELIVERED
    first, second = (headers["webhook-id"] for headers, _ in receiver.got)
    assert first == second


def test_a_dead_receiver_is_tried_for_three_days_at_growing_intervals(
    session: Session, receiver: Receiver
) -> None:
    row = a_webhook(session, receiver)
    row.url = "http://127.0.0.1:9/hook"  # nobody listens
    session.commit()
    delivery = emitted()
    began, pauses = standing(session, delivery).tried_since, []
    while (row_ := standing(session, delivery)).state is DeliveryState.PENDING:
        clock.set_to(max(row_.next_at, clock.now()) + timedelta(milliseconds=1))
        jobs.deliver(delivery)
        pauses.append(standing(session, delivery).next_at - clock.now())
    took = clock.now() - began
    assert timedelta(days=3) <= took < timedelta(days=3, hours=1)
    assert row_.state is DeliveryState.FAILED
    assert pauses[:2] < pauses[1:3] < pauses[2:4]
    assert max(pauses) <= timedelta(hours=6)
    assert len(pauses) < 30


def test_a_given_up_delivery_can_be_made_again(session: Session, receiver: Receiver) -> None:
    a_webhook(session, receiver)
    receiver.answers = [500]
    delivery = emitted()
    clock.set_to(clock.now() + timedelta(days=4))
    jobs.deliver(delivery)
    assert standing(session, delivery).state is DeliveryState.FAILED
    with unit_of_work() as work:
        service.replay(work, US, delivery)
    assert queues.waiting(queues.DEFAULT) >= {f"deliver-{delivery}"}
    jobs.deliver(delivery)
    assert standing(session, delivery).state is DeliveryState.DELIVERED


def test_a_call_that_was_cut_off_is_made_again(session: Session, receiver: Receiver) -> None:
    a_webhook(session, receiver)
    delivery = emitted()
    row = session.get_one(Delivery, delivery)
    row.state, row.claimed_at = DeliveryState.SENDING, clock.now() - 2 * jobs.LEASE
    session.commit()
    queues.redis().flushall()
    jobs.sweep()
    assert queues.waiting(queues.DEFAULT) == {f"deliver-{delivery}"}


def test_a_removed_receiver_is_told_nothing_more(session: Session, receiver: Receiver) -> None:
    row = a_webhook(session, receiver)
    delivery = emitted()
    with unit_of_work() as work:
        service.remove(work, US, row.id)
    jobs.deliver(delivery)
    assert receiver.got == []
    assert standing(session, delivery).state is DeliveryState.FAILED
    assert emitted(ref="r2") == delivery


def test_an_order_tells_what_follows_from_it(session: Session, receiver: Receiver) -> None:
    a_webhook(session, receiver, *service.Event)
    an_order(session, a_customer(session))
    told = session.exec(select(Delivery.event)).all()
    assert sorted(told) == ["order.taken", "points.changed", "tier.changed"]


@pytest.mark.parametrize(
    "url",
    ["ftp://a.example.com", "http://partner.example.com/x", "https://10.0.0.1/x", "https://user@a.cn",
     "https://localhost/x", "https://db.internal/x", "https://[::1]/x", "nonsense"],
)  # fmt: skip
def test_only_public_addresses_are_called(session: Session, url: str) -> None:
    with pytest.raises(service.BadWebhook):
        service.add(session, US, url, ["order.taken"])


def test_an_unknown_event_is_not_waited_for(session: Session) -> None:
    with pytest.raises(service.BadWebhook):
        service.add(session, US, "https://partner.example.com/x", ["order.lost"])


def test_reading_is_not_writing(session: Session) -> None:
    reader = Actor("apikey:1", Role.ADMIN, scopes=frozenset({Permission.WEBHOOK_READ}))
    assert service.everything(session, reader) == []
    with pytest.raises(Forbidden):
        service.add(session, reader, "https://partner.example.com/x", ["order.taken"])
