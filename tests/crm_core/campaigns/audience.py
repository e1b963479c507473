"""Customers that a campaign can, or cannot, reach."""

from datetime import timedelta
from itertools import count

from rq import SimpleWorker
from rq.serializers import JSONSerializer
from sqlmodel import Session, col, select

from crm_core import queues
from crm_core.authz import system
from crm_core.campaigns import service as campaigns
from crm_core.campaigns.models import Campaign, Push
from crm_core.clock import now
from crm_core.consents import service as consents
from crm_core.consents.models import Purpose
from crm_core.customers import service as customers
from crm_core.customers.models import Customer, IdentityKind
from crm_core.db import unit_of_work
from crm_core.figures import service as figures
from crm_core.inbound import service as inbound
from crm_core.orders.models import Order, OrderState
from tests.factories import OA_APPID, a_customer

OPERATOR = system("push")
TEXT = "春季新品到店"
_numbers = count(1)


def a_sleeper(
    session: Session,
    *,
    openid: str | None = None,
    phone: str | None = None,
    agrees: bool = True,
    wrote: bool = False,
) -> Customer:
    """A customer who bought once, 100 days ago; `wrote`: to the official account, just now."""
    customer = a_customer(session, "王晓梅", phone=phone, openid=openid)
    bought = now() - timedelta(days=100)
    order = Order(
        order_no=f"S{next(_numbers)}", customer_id=customer.id, state=OrderState.DONE,
        total_fen=100_00, paid_at=bought, source="test",
    )  # fmt: skip
    session.add(order)
    figures.refresh(session, customer.id)
    if agrees:
        agree(session, customer)
    if wrote and openid:
        sender = inbound.Sender(IdentityKind.OA_OPENID, openid)
        message = f"w{next(_numbers)}"
        inbound.receive(
            session, inbound.Message("oa", OA_APPID, message, sender, "text", now(), "在吗")
        )
    session.commit()
    return customer


def agree(session: Session, customer: Customer, *, to_it: bool = True) -> None:
    """Let the customer agree to pushes, or no longer."""
    consents.record(
        session, system("test"), customer.id, Purpose.MARKETING, granted=to_it, wording="推送",
        channel="oa", ref=f"consent{next(_numbers)}",
    )  # fmt: skip
    session.commit()


def a_phone() -> str:
    return f"+86138{next(_numbers):08d}"


def stop_following(session: Session, customer: Customer) -> None:
    customers.set_following(session, customer.id, IdentityKind.OA_OPENID, OA_APPID, following=False)
    session.commit()


def send(text: str = TEXT, *, key: str | None = None) -> Campaign:
    """Send to the sleepers; nothing leaves before the workers run."""
    with unit_of_work() as work:
        return campaigns.send(work, OPERATOR, "沉睡", text, key=key)


def run_workers() -> None:
    """Work off all queues."""
    every = [queues.get(name) for name in queues.NAMES]
    worker = SimpleWorker(every, connection=queues.redis(), serializer=JSONSerializer)
    worker.work(burst=True, logging_level="ERROR")


def pushes(session: Session) -> dict[int, Push]:
    """The latest push of each customer as it stands in the database."""
    session.rollback()
    session.expire_all()
    return {push.customer_id: push for push in session.exec(select(Push).order_by(col(Push.id)))}
