from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlmodel import Session, select

from crm_core.authz import Forbidden, system
from crm_core.db import unit_of_work
from crm_core.stock import service as stock
from crm_core.stock.models import StockLevel, StockMove
from crm_core.stock.service import Cell
from tests.factories import a_product, a_staff, a_store, acting

US = system("test")


def a_cell(session: Session, size: str = "M") -> Cell:
    return Cell(a_product(session).id, a_store(session, f"店{size}").id, size, "驼色")


def quantity(session: Session, cell: Cell) -> int:
    wanted = select(StockLevel.quantity).where(StockLevel.cell == cell.word)
    return session.exec(wanted).one()


def test_what_was_sold_and_came_back(session: Session) -> None:
    cell = a_cell(session)
    stock.count(session, US, cell, 5, ref="c1")
    stock.sold(session, {cell: 2}, ref="order:DD1")
    assert quantity(session, cell) == 3
    stock.came_back(session, {cell: 1}, ref="return:TH1")
    assert quantity(session, cell) == 4


def test_what_nobody_counted_is_not_kept(session: Session) -> None:
    stock.sold(session, {a_cell(session): 2}, ref="order:DD1")
    assert session.exec(select(StockLevel)).all() == []


def test_a_till_may_sell_what_was_not_booked_in_yet(session: Session) -> None:
    cell = a_cell(session)
    stock.count(session, US, cell, 1, ref="c1")
    stock.sold(session, {cell: 3}, ref="order:DD1")
    assert quantity(session, cell) == -2


def test_a_repeated_note_moves_once(session: Session) -> None:
    cell = a_cell(session)
    for _ in range(2):
        stock.receive(session, US, cell, 3, ref="n1")
        stock.count(session, US, cell, 3, ref="c1")
    assert quantity(session, cell) == 3
    with pytest.raises(stock.StockConflict):
        stock.receive(session, US, cell, 4, ref="n1")


@pytest.mark.every_database
def test_many_at_once_lose_nothing(session: Session) -> None:
    cells = [a_cell(session, size) for size in "SML"]
    for cell in cells:
        stock.count(session, US, cell, 100, ref="c1")
    session.commit()

    def sell(number: int) -> None:
        some = cells if number % 2 else cells[::-1]
        with unit_of_work() as work:
            stock.sold(work, dict.fromkeys(some, 1), ref=f"order:{number}")

    with ThreadPoolExecutor(16) as threads:
        list(threads.map(sell, range(32)))
    session.expire_all()
    assert [quantity(session, cell) for cell in cells] == [68, 68, 68]


@pytest.mark.every_database
def test_of_many_that_count_first_all_share_one_cell(session: Session) -> None:
    cell = a_cell(session)

    def receive(number: int) -> None:
        with unit_of_work() as work:
            stock.receive(work, US, cell, 1, ref=f"n{number}")

    with ThreadPoolExecutor(8) as threads:
        list(threads.map(receive, range(8)))
    assert quantity(session, cell) == 8


@given(moves=st.lists(st.tuples(st.sampled_from("SRC"), st.integers(1, 9)), max_size=12))
@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_a_level_is_the_sum_of_its_moves(session: Session, moves: list[tuple[str, int]]) -> None:
    cell = Cell(a_product(session).id)
    expected = stock.count(session, US, cell, 4, ref="begin").quantity
    for number, (what, pieces) in enumerate(moves):
        ref = f"m{number}"
        if what == "S":
            stock.sold(session, {cell: pieces}, ref=ref)
            expected -= pieces
        elif what == "R":
            stock.receive(session, US, cell, pieces, ref=ref)
            expected += pieces
        else:
            stock.count(session, US, cell, pieces, ref=ref)
            expected = pieces
    level = session.exec(select(StockLevel).where(StockLevel.cell == cell.word)).one()
    kept = session.exec(select(StockMove.delta).where(StockMove.level_id == level.id)).all()
    assert level.quantity == expected == sum(kept)


def test_an_assistant_counts_nothing(session: Session) -> None:
    with pytest.raises(Forbidden):
        stock.count(session, acting(a_staff(session)), a_cell(session), 1, ref="c1")


def test_nonsense_is_a_bug_of_the_caller(session: Session) -> None:
    cell = a_cell(session)
    with pytest.raises(ValueError, match="-1"):
        stock.count(session, US, cell, -1, ref="c1")
    with pytest.raises(ValueError, match="0"):
        stock.receive(session, US, cell, 0, ref="n1")
