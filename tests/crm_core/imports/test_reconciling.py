from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta

import pytest
from sqlmodel import Session

from crm_core.authz import system
from crm_core.imports import mappings, reconciling
from crm_core.orders.service import NewLine, NewOrder
from crm_core.sales import service as sales
from tests.factories import a_customer

ACTOR = system("test")
DAY = date(2026, 3, 1)
NOON = datetime(2026, 3, 1, 4, tzinfo=UTC)  # 12:00 at the shop


def held(session: Session, number: str, fen: int, *, at: datetime = NOON) -> None:
    customer = a_customer(session)
    new = NewOrder(customer.id, at, (NewLine("茶", fen),), source="till-a")
    sales.record_sale(session, ACTOR, new, ref=number)


@pytest.mark.every_database
def test_gaps_are_named_with_counts_and_sums(session: Session) -> None:
    for number, fen in (("A", 100), ("B", 200), ("D", 400)):
        held(session, number, fen)
    held(session, "E", 500, at=NOON + timedelta(hours=12))  # the next day at the shop
    reconciling.say(session, ACTOR, "till-a", DAY, {"A": 100, "B": 250, "C": 300})
    gap = reconciling.compare(session, ACTOR, "till-a", DAY)
    assert (gap.missing, gap.different, gap.unsaid) == (("C",), ("B",), ("D",))
    assert (gap.day.said_orders, gap.day.said_fen) == (3, 650)
    assert (gap.day.held_orders, gap.day.held_fen) == (3, 700)


def test_what_is_refetched_closes_the_gap(session: Session) -> None:
    reconciling.say(session, ACTOR, "till-a", DAY, {"A": 100})
    session.commit()

    def fetch(source: str, day: date, numbers: Sequence[str]) -> None:
        assert (source, day, numbers) == ("till-a", DAY, ("A",))
        held(session, "A", 100)
        session.commit()

    gap = reconciling.close(ACTOR, "till-a", DAY, fetch)
    assert gap.closed
    assert gap.day.refetched_at is not None


def test_a_later_word_replaces_the_earlier(session: Session) -> None:
    reconciling.say(session, ACTOR, "till-a", DAY, {"A": 100, "B": 200})
    reconciling.say(session, ACTOR, "till-a", DAY, {"A": 100})
    assert reconciling.compare(session, ACTOR, "till-a", DAY).missing == ("A",)
    assert len(reconciling.days(session, ACTOR)) == 1


def test_the_lag_is_what_the_newest_order_is_behind(session: Session) -> None:
    held(session, "A", 100)
    until = NOON + timedelta(minutes=10)
    reconciling.say(session, ACTOR, "till-a", DAY, {"A": 100, "B": 1}, sent_until=until)
    assert reconciling.lags(session) == {"till-a": 600}
    held(session, "B", 1, at=until)
    assert reconciling.lags(session) == {"till-a": 0}


def test_a_changed_mapping_is_a_new_version(session: Session) -> None:
    first = mappings.keep(session, ACTOR, "till-a", "order", {"columns": {"order_no": "a"}})
    again = mappings.keep(session, ACTOR, "till-a", "order", {"columns": {"order_no": "a"}})
    second = mappings.keep(session, ACTOR, "till-a", "order", {"columns": {"order_no": "b"}})
    assert (first.version, again.id, second.version) == (1, first.id, 2)
    assert mappings.in_use(session, ACTOR, "till-a", "order").definition == second.definition
    with pytest.raises(mappings.MappingNotFound):
        mappings.in_use(session, ACTOR, "till-b", "order")
