"""What 0002 makes of the rows of the release before, on every database."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Connection, Engine, insert
from sqlalchemy.schema import MetaData, Table
from sqlmodel import Session, col, select

from crm_core import db, migrate
from crm_core.authz import system
from crm_core.clock import now
from crm_core.migrations import points_0002
from crm_core.orders import finding
from crm_core.orders.models import Order, OrderLine
from crm_core.orders.returning import NewReturn, TooManyReturned
from crm_core.points import service as points
from crm_core.points.models import Cause, PointsEntry, PointsTake
from crm_core.sales import service as sales
from crm_core.tiers import program
from tests.databases import URLS, fresh

AT = now() - timedelta(days=100)


@pytest.fixture(params=list(URLS))
def old(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Engine]:
    """A database of release 0001."""
    with fresh(request.param, tmp_path, migrated=False) as made:
        migrate.upgrade(made.engine, "0001")
        db.use(made.engine)
        yield made.engine
        db.use(None)


class Old:
    """Rows written as 0001 wrote them."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self.tables = MetaData()

    def add(self, table: str, **values: Any) -> None:
        """A row; the database numbers the rows of a table from 1."""
        known = Table(table, self.tables, autoload_with=self.connection)
        plain = {name: self._plain(value) for name, value in values.items()}
        self.connection.execute(insert(known).values(**plain))

    def _plain(self, value: Any) -> Any:
        if isinstance(value, datetime):
            return value.astimezone(UTC).replace(tzinfo=None)
        is_text = self.connection.dialect.name == "mysql"  # which calls JSON a text
        return json.dumps(value) if isinstance(value, dict) and is_text else value

    def entry(self, number: int, delta: int, cause: str, *, days: int, **more: Any) -> None:
        at = AT + timedelta(days=days)
        values = {"available_at": at, "note": "", "lot_id": None, "expires_at": None} | more
        self.add(
            "points_entry", customer_id=1, delta=delta, cause=cause, ref=str(number),
            created_at=at, **values,
        )  # fmt: skip


def filled(engine: Engine) -> None:
    with engine.begin() as connection:
        old = Old(connection)
        old.add("customer", tier="金卡", created_at=AT)
        old.entry(1, 100, "purchase", days=0, expires_at=AT + timedelta(days=400))
        old.entry(2, 50, "vote", days=1, expires_at=AT + timedelta(days=300))
        old.entry(3, -70, "reward", days=2)
        old.entry(4, -100, "reversal", days=3, lot_id=1)
        old.entry(5, 30, "gift", days=4)
        old.add("rule", name="tier.gold_fen", value={"value": 300000}, changed_at=AT)


def test_every_spending_gets_its_takes_and_balances_stay(old: Engine) -> None:
    filled(old)
    migrate.upgrade(old)
    with Session(old) as session:
        takes = session.exec(select(PointsTake).order_by(col(PointsTake.id))).all()
        assert [(t.entry_id, t.lot_id, t.points) for t in takes] == [
            (3, 2, 50), (3, 1, 20), (4, 1, 80),
        ]  # fmt: skip
        assert points.balance(session, 1) == 10
        back = points.restore(session, system("t"), 1, spent_by="3", note="", ref="b")
        assert back is not None
        assert points.balance(session, 1) == 80


def test_a_threshold_that_the_shop_had_set_is_kept(old: Engine) -> None:
    filled(old)
    migrate.upgrade(old)
    with Session(old) as session:
        _, silver, gold = program.in_force(session).levels
    assert silver.spending is not None
    assert gold.spending is not None
    assert (silver.spending.fen, gold.spending.fen) == (100000, 300000)


def test_down_again_what_0001_cannot_name_is_named_by_what_comes_nearest(old: Engine) -> None:
    filled(old)
    migrate.upgrade(old)
    with Session(old) as session:
        points.restore(session, system("t"), 1, spent_by="3", note="", ref="b")
        lot = points.Lot(5, Cause.CHECK_IN)
        points.earn(session, system("t"), 1, lot, ref="c")
        points.spend(session, system("t"), 1, 5, note="", ref="s", cause=Cause.TIER)
        session.commit()
    migrate.downgrade(old, "0001")
    migrate.upgrade(old)
    with Session(old) as session:
        assert points.balance(session, 1) == 80
        assert set(session.exec(select(PointsEntry.cause))) <= {
            Cause.PURCHASE, Cause.VOTE, Cause.REWARD, Cause.REVERSAL, Cause.GIFT,
        }  # fmt: skip


@given(st.lists(st.tuples(st.integers(-50, 100), st.one_of(st.none(), st.integers(1, 400)))))
def test_what_the_takes_leave_is_the_balance_or_nothing(
    moves: list[tuple[int, int | None]],
) -> None:
    entries = [_entry(n, delta, days) for n, (delta, days) in enumerate(moves, 1) if delta]
    takes = points_0002.takes_of(entries)
    given_ = sum(entry.delta for entry in entries if entry.delta > 0)
    total = sum(entry.delta for entry in entries)
    left = given_ - sum(take["points"] for take in takes)
    last_gave = not entries or entries[-1].delta > 0
    assert left == max(0, total) or (last_gave and left >= max(0, total))
    for entry in entries:
        taken = sum(take["points"] for take in takes if take["entry_id"] == entry.id)
        of_it = sum(take["points"] for take in takes if take["lot_id"] == entry.id)
        assert taken <= max(0, -entry.delta)
        assert of_it <= max(0, entry.delta)


def _entry(number: int, delta: int, expires_days: int | None) -> PointsEntry:
    at = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(hours=number)
    expires = at + timedelta(days=expires_days) if expires_days and delta > 0 else None
    return PointsEntry(
        id=number, customer_id=1, delta=delta, cause=Cause.GIFT, ref=str(number), created_at=at,
        available_at=at, expires_at=expires,
    )  # fmt: skip


def test_of_orders_that_came_back_nothing_is_left(old: Engine) -> None:
    with old.begin() as connection:
        rows = Old(connection)
        rows.add("customer", tier="普通会员", created_at=AT)
        for number, state in enumerate(("done", "returned"), 1):
            rows.add(
                "sales_order", order_no=f"DD{number}", customer_id=1, state=state, total_fen=500,
                paid_at=AT, source="till", created_at=AT,
            )  # fmt: skip
            rows.add(
                "order_line", order_id=number, product_name="丝巾", category="", size="", color="",
                quantity=2, price_fen=250,
            )  # fmt: skip
    migrate.upgrade(old)
    with Session(old) as session:
        assert session.exec(select(Order.refunded_fen).order_by(col(Order.id))).all() == [0, 500]
        pieces = select(OrderLine.returned).order_by(col(OrderLine.id))
        assert session.exec(pieces).all() == [0, 2]
        kept = finding.last_purchases(session, system("test"), 1)
        assert [purchase.order.order_no for purchase in kept] == ["DD1"]
        with pytest.raises(TooManyReturned):
            sales.record_return(session, system("test"), NewReturn("DD2"), ref="TH1")
