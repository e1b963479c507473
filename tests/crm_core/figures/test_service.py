from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete
from sqlmodel import Session, col, select

from crm_core.authz import Forbidden, system
from crm_core.customers.models import Customer
from crm_core.db import unit_of_work
from crm_core.figures import jobs, service
from crm_core.figures.models import CustomerFigures
from crm_core.orders.models import Order, OrderLine, OrderState
from crm_core.orders.returning import Item, NewReturn
from crm_core.orders.service import NewLine, NewOrder
from crm_core.sales import service as sales
from crm_core.settings import settings as shop_settings
from crm_core.stores.models import Store
from tests.crm_core.figures.ledgers import Piece, Sale, keep, ledgers
from tests.factories import a_customer, a_product, a_staff, a_store, acting

ANYBODY = system("test")
NOON = datetime(2026, 3, 12, 4, tzinfo=UTC)


def shown(session: Session) -> list[dict[str, Any]]:
    rows = session.exec(select(CustomerFigures).order_by(col(CustomerFigures.customer_id)))
    return [row.model_dump(exclude={"id"}) for row in rows.all()]


@pytest.mark.every_database
@settings(
    max_examples=20,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(st.lists(ledgers(), min_size=1, max_size=5))
def test_order_by_order_and_from_the_ledger_are_the_same(
    session: Session, shops: Sequence[Sequence[Sale]]
) -> None:
    for table in (CustomerFigures, OrderLine, Order, Customer, Store):
        session.execute(delete(table))
    store_id = a_store(session).id
    made = []
    for bought_by_one in shops:
        customer = Customer()
        session.add(customer)
        session.flush()
        for sale in bought_by_one:
            keep(session, customer, sale, NOON, store_id)
            service.refresh(session, customer.id)
        made.append(customer.id)
    kept = shown(session)
    assert len(kept) == sum(bool(ledger) for ledger in shops)
    assert service.rebuild(session, min(made), max(made)) == len(kept)
    assert shown(session) == kept
    session.rollback()


def a_piece(category: str = "连衣裙", **more: Any) -> Piece:
    values: dict[str, Any] = {
        "style": "", "size": "M", "price_fen": 20_000, "list_price_fen": None, "quantity": 1,
        "returned": 0,
    }  # fmt: skip
    return Piece(category, **values | more)


def bought(session: Session, customer: Customer, days_ago: float, *pieces: Piece) -> Order:
    fen = sum(piece.price_fen * (piece.quantity - piece.returned) for piece in pieces)
    sale = Sale(timedelta(days=days_ago), 0, fen, False, False, pieces)
    order = keep(session, customer, sale, NOON, None)
    service.refresh(session, customer.id)
    session.commit()
    return order


def figures(session: Session, customer: Customer) -> CustomerFigures:
    found = service.of(session, ANYBODY, customer.id)
    assert found is not None
    return found


@pytest.fixture
def customer(session: Session) -> Customer:
    return a_customer(session)


class TestFigures:
    def test_sums_and_days(self, session: Session, customer: Customer) -> None:
        for days_ago in (40, 20, 5):
            bought(session, customer, days_ago, a_piece(price_fen=10_001, quantity=2))
        found = figures(session, customer)
        assert (found.orders, found.spent_fen, found.average_fen) == (3, 60_006, 20_002)
        assert (found.pieces, found.most_pieces, found.interval_days) == (6, 2, 17)
        assert found.first_at == NOON - timedelta(days=40)
        assert found.last_at == NOON - timedelta(days=5)

    def test_what_came_back_counts_as_returned_only(
        self, session: Session, customer: Customer
    ) -> None:
        bought(session, customer, 9, a_piece(quantity=4, returned=1), a_piece("风衣"))
        order = bought(session, customer, 5, a_piece("大衣"))
        order.state = OrderState.RETURNED
        service.refresh(session, customer.id)
        found = figures(session, customer)
        assert (found.orders, found.pieces, found.categories) == (1, 4, 2)
        assert found.return_percent == 33  # two of six

    def test_shares_of_discounts_and_nights(self, session: Session, customer: Customer) -> None:
        sold_off = a_piece(price_fen=9_900, list_price_fen=20_000)
        bought(session, customer, 9, sold_off, a_piece(list_price_fen=20_000), a_piece())
        bought(session, customer, 3 + 13 / 24)  # 23:00 in the shop
        found = figures(session, customer)
        assert (found.discount_percent, found.night_percent) == (33, 50)
        assert (found.season, found.part_of_day, found.channel) == ("春", "深夜", "线上")

    def test_a_favourite_is_a_fifth_of_the_pieces_at_least(
        self, session: Session, customer: Customer
    ) -> None:
        bought(session, customer, 9, a_piece("大衣", quantity=5), a_piece("连衣裙", quantity=4))
        bought(session, customer, 8, a_piece("T恤"), a_piece("风衣"))
        found = figures(session, customer)
        assert (found.category_1, found.category_2, found.category_3) == ("大衣", "连衣裙", None)
        assert (found.size_1, found.price_band) == ("M", "100–300 元")

    def test_of_two_equal_ones_the_more_recent_comes_first(
        self, session: Session, customer: Customer
    ) -> None:
        bought(session, customer, 9, a_piece("大衣"))
        bought(session, customer, 8, a_piece("风衣"))
        assert figures(session, customer).category_1 == "风衣"

    def test_nobody_has_figures_without_orders(self, session: Session, customer: Customer) -> None:
        order = bought(session, customer, 1, a_piece())
        session.exec(delete(OrderLine))
        session.delete(order)
        service.refresh(session, customer.id)
        assert service.of(session, ANYBODY, customer.id) is None

    def test_are_for_those_who_may_see_the_orders(
        self, session: Session, customer: Customer
    ) -> None:
        with pytest.raises(Forbidden):
            service.of(session, acting(a_staff(session)), customer.id)


@pytest.mark.every_database
def test_all_can_be_made_anew(session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jobs, "_AT_ONCE", 2)
    for _ in range(5):
        bought(session, a_customer(session, None), 3, a_piece())
    kept = shown(session)
    session.execute(delete(CustomerFigures))
    session.commit()
    parts: list[tuple[int, int]] = []
    assert jobs.rebuild_all(lambda until, last: parts.append((until, last))) == 5
    assert [until for until, _ in parts][-1] == parts[-1][1]
    assert shown(session) == kept


def test_where_they_are_missing_they_are_filled_in(session: Session) -> None:
    first, second = (a_customer(session, None) for _ in range(2))
    for customer in (first, second):
        bought(session, customer, 3, a_piece())
    kept = shown(session)
    session.execute(delete(CustomerFigures).where(col(CustomerFigures.customer_id) == second.id))
    session.commit()
    assert jobs.fill_missing() == 1
    assert shown(session) == kept
    assert jobs.fill_missing() == 0


def test_a_shop_that_moves_its_clock(session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DIANYU_TIME_ZONE", "Europe/Berlin")
    shop_settings.cache_clear()
    customer = a_customer(session)
    for at in ("2026-03-28T21:30", "2026-03-29T20:30", "2026-10-24T20:30", "2026-10-25T21:30"):
        paid_at = datetime.fromisoformat(at).replace(tzinfo=UTC)
        keep(session, customer, Sale(NOON - paid_at, 0, 1, False, False, ()), NOON, None)
    service.refresh(session, customer.id)
    kept = shown(session)
    assert kept[0]["night_percent"] == 100
    service.rebuild(session, customer.id, customer.id)
    assert shown(session) == kept


@pytest.mark.every_database
def test_a_sale_and_a_return_are_in_the_figures_at_once(
    session: Session, customer: Customer
) -> None:
    a_product(session, "风衣", article_no="A1", category="风衣")
    line = NewLine("A1", 100_000, quantity=2)
    new = NewOrder(customer.id, NOON, (line,))
    with unit_of_work() as other:
        sales.record_sale(other, ANYBODY, new, ref="DD1")
    session.expire_all()
    found = figures(session, customer)
    assert (found.orders, found.spent_fen, found.pieces) == (1, 200_000, 2)
    assert (found.category_1, found.style_1, found.discount_percent) == ("风衣", "通勤", 100)
    with unit_of_work() as other:
        back = NewReturn("DD1", items=(Item(1, 1),))
        sales.record_return(other, ANYBODY, back, ref="TH1")
    session.rollback()
    session.expire_all()
    found = figures(session, customer)
    assert (found.spent_fen, found.pieces, found.return_percent) == (100_000, 1, 50)
