"""Customers who bought and did things, for tests of segments."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

from sqlmodel import Session

from crm_core.authz import system
from crm_core.clock import now
from crm_core.customers.models import Customer
from crm_core.figures import service as figures
from crm_core.orders.models import Order, OrderLine
from crm_core.preferences.models import Preference, PreferenceKind
from crm_core.segments import reading
from crm_core.segments import service as segments
from crm_core.segments.rule import Rule
from crm_core.timeline import service as timeline
from crm_core.timeline.models import EventKind
from tests.factories import a_customer

ANYBODY = system("test")
LATE_EVENING = datetime(2026, 3, 12, 15, 50, tzinfo=UTC)  # 23:50 in the shop
_numbers = count(1)


@dataclass(frozen=True)
class Bought:
    days_ago: int
    yuan: int = 100
    line: dict[str, Any] | None = None


def buy(session: Session, customer: Customer, orders: Sequence[Bought]) -> Customer:
    """Each at one in the morning of its day."""
    for bought in orders:
        paid_at = LATE_EVENING - timedelta(days=bought.days_ago, hours=22, minutes=50)
        order = Order(
            order_no=f"D{next(_numbers)}", customer_id=customer.id, total_fen=bought.yuan * 100,
            paid_at=paid_at, source="test",
        )  # fmt: skip
        session.add(order)
        session.flush()
        sold: dict[str, Any] = {"product_name": "衣服", "price_fen": bought.yuan * 100}
        session.add(OrderLine(order_id=order.id, **sold | (bought.line or {})))
    figures.refresh(session, customer.id)
    session.commit()
    return customer


def a_buyer(session: Session, *orders: Bought, **more: Any) -> Customer:
    return buy(session, a_customer(session, **more), orders)


def happen(session: Session, customer: Customer, kind: EventKind, *days_ago: int) -> None:
    for days in days_ago:
        at = now() - timedelta(days=days)
        timeline.add(session, customer.id, kind, ref=f"t{next(_numbers)}", at=at)


def tag(session: Session, customer: Customer, name: str) -> None:
    session.add(
        Preference(
            customer_id=customer.id,
            kind=PreferenceKind.TAG,
            name=name,
            value="有",
            source="test",
            ref=name,
        )
    )
    session.flush()


def members(session: Session, name: str) -> list[int]:
    return list(segments.members(session, ANYBODY, name))


LOYAL = [Bought(days) for days in (1, 20, 40, 60, 80)]
DRESS = {"category": "连衣裙", "style": "通勤"}


def rule(said: str = "购买次数不少于 1 次") -> Rule:
    return reading.parse(said)
