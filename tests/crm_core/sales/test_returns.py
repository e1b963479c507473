"""However an order comes back in parts, all of it is what one return of the whole would be."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlmodel import Session, select

from crm_core import clock
from crm_core.authz import Actor, Permission, Role, system
from crm_core.catalog.models import Product
from crm_core.db import unit_of_work
from crm_core.orders.models import Order, OrderState, Return
from crm_core.orders.returning import Item, NewReturn, TooManyReturned
from crm_core.orders.service import NewLine, NewOrder
from crm_core.points import service as points
from crm_core.points.models import Cause
from crm_core.sales import service as sales
from crm_core.sales.service import PaidWith
from crm_core.stock import service as stock
from crm_core.stock.models import StockLevel
from crm_core.stock.service import Cell
from crm_core.stores.models import Store
from tests.factories import a_customer, a_product, a_store

TILL = system("till")
Parts = list[list[tuple[int, int]]]


@st.composite
def orders_in_parts(draw: st.DrawFn) -> tuple[list[tuple[int, int]], int, Parts]:
    """Lines (price, pieces), what was paid, and the returns into which the pieces fall."""
    lines = draw(
        st.lists(st.tuples(st.integers(0, 50_000), st.integers(1, 4)), min_size=1, max_size=4)
    )
    worth = sum(price * pieces for price, pieces in lines)
    paid = draw(st.integers(0, worth))
    pieces = [n for n, (_, count) in enumerate(lines, 1) for _ in range(count)]
    shuffled = draw(st.permutations(pieces))
    parts: Parts = []
    while shuffled:
        size = draw(st.integers(1, len(shuffled)))
        now, shuffled = shuffled[:size], shuffled[size:]
        parts.append([(n, now.count(n)) for n in sorted(set(now))])
    return lines, paid, parts


@given(case=orders_in_parts())
@settings(
    max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_parts_add_up_to_the_whole(
    session: Session, case: tuple[list[tuple[int, int]], int, Parts]
) -> None:
    lines, paid_fen, parts = case
    customer, product = a_customer(session), a_product(session)
    cell = Cell(product.id)
    stock.count(session, TILL, cell, 100, ref="c1")
    new = NewOrder(
        customer.id,
        clock.now(),
        tuple(NewLine(product.article_no, price, pieces) for price, pieces in lines),
        total_fen=paid_fen,
    )
    number = f"DD{customer.id}"
    sales.record_sale(session, TILL, new, ref=number)
    for n, part in enumerate(parts):
        items = tuple(Item(line, pieces) for line, pieces in part)
        sales.record_return(session, TILL, NewReturn(number, items=items), ref=f"{number}-{n}")
    order = session.exec(select(Order).where(Order.order_no == number)).one()
    refunds = session.exec(select(Return.refund_fen).where(Return.order_id == order.id)).all()
    assert sum(refunds) == order.refunded_fen == paid_fen
    assert order.state is OrderState.RETURNED
    level = session.exec(select(StockLevel).where(StockLevel.cell == cell.word)).one()
    assert level.quantity == 100
    standing = points.standing(session, TILL, customer.id)
    assert (standing.available, standing.held) == (0, 0)


def sold(session: Session, *, pieces: int = 4) -> tuple[str, Store, Product]:
    customer, product, store = a_customer(session), a_product(session), a_store(session)
    cell = Cell(product.id, store.id)
    stock.count(session, TILL, cell, 10, ref="c1")
    line = NewLine(product.article_no, 10_000, pieces)
    new = NewOrder(customer.id, clock.now(), (line,), store_id=store.id)
    sales.record_sale(session, TILL, new, ref="DD1")
    session.commit()
    return "DD1", store, product


def test_goods_come_back_to_the_shop_that_takes_them(session: Session) -> None:
    number, store, product = sold(session)
    other = a_store(session, "滨江店")
    stock.count(session, TILL, Cell(product.id, other.id), 0, ref="c2")
    new = NewReturn(number, items=(Item(1, 1),), store_id=other.id)
    sales.record_return(session, TILL, new, ref="TH1")
    levels = session.exec(select(StockLevel.store_id, StockLevel.quantity)).all()
    assert dict(levels) == {store.id: 6, other.id: 1}


@pytest.mark.every_database
def test_of_many_that_bring_back_the_same_only_what_was_bought_comes_back(
    session: Session,
) -> None:
    number, _, _ = sold(session)

    def bring(n: int) -> bool:
        try:
            with unit_of_work() as work:
                new = NewReturn(number, items=(Item(1, 1),))
                sales.record_return(work, TILL, new, ref=f"TH{n}")
        except TooManyReturned:
            return False
        return True

    with ThreadPoolExecutor(8) as threads:
        assert list(threads.map(bring, range(8))).count(True) == 4
    session.expire_all()
    assert session.exec(select(Order.refunded_fen)).one() == 40_000


def test_a_key_that_may_only_sell_sets_off_all_that_follows(session: Session) -> None:
    customer = a_customer(session)
    narrow = Actor("apikey:1", Role.ADMIN, scopes=frozenset({Permission.ORDER_WRITE}))
    new = NewOrder(customer.id, clock.now(), (NewLine("风衣", 100_000),))
    sales.record_sale(session, narrow, new, ref="DD1")
    assert points.standing(session, TILL, customer.id).held == 1000
    assert customer.tier == "银卡"


def test_points_that_paid_for_all_of_it_come_back_with_all_of_it(session: Session) -> None:
    customer = a_customer(session)
    points.earn(session, TILL, customer.id, points.Lot(300, Cause.GIFT), ref="g1")
    lines = (NewLine("丝巾", 0), NewLine("发圈", 0))
    new = NewOrder(customer.id, clock.now(), lines, total_fen=0)
    sales.record_sale(session, TILL, new, ref="DD1", paid_with=PaidWith(points=300))
    assert points.balance(session, customer.id) == 0
    for line in (1, 2):
        back = NewReturn("DD1", items=(Item(line, 1),))
        sales.record_return(session, TILL, back, ref=f"TH{line}")
    assert points.balance(session, customer.id) == 300
