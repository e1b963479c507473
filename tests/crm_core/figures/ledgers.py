"""Random ledgers of orders for tests of figures and segments."""

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

from hypothesis import strategies as st
from sqlmodel import Session

from crm_core.customers.models import Customer
from crm_core.orders.models import Order, OrderLine, OrderState

_numbers = itertools.count(1)


@dataclass(frozen=True)
class Piece:
    category: str
    style: str
    size: str
    price_fen: int
    list_price_fen: int | None
    quantity: int
    returned: int


@dataclass(frozen=True)
class Sale:
    back: timedelta  # before now
    refunded_fen: int
    left_fen: int
    whole_back: bool
    in_shop: bool
    pieces: Sequence[Piece]


def _a_piece(quantity: int, returned: int) -> st.SearchStrategy[Piece]:
    return st.builds(
        Piece,
        category=st.sampled_from(["", "连衣裙", "风衣", "大衣", "T恤"]),
        style=st.sampled_from(["", "通勤", "法式"]),
        size=st.sampled_from(["", "S", "M", "L"]),
        price_fen=st.sampled_from([0, 9_999, 10_000, 29_999, 100_000]),
        list_price_fen=st.sampled_from([None, 10_000, 30_000]),
        quantity=st.just(quantity),
        returned=st.just(min(returned, quantity)),
    )


pieces = st.tuples(st.integers(1, 4), st.integers(0, 4)).flatmap(lambda both: _a_piece(*both))
edges = st.sampled_from([0, 11, 14, 15, 29, 30, 31, 39, 45, 46, 59, 60, 90, 91, 365, 366])
backs = st.builds(
    lambda days, seconds, micro: timedelta(days=days, seconds=seconds, microseconds=micro),
    edges | st.integers(0, 800),
    st.sampled_from([0, 1, 3_600, 57_599, 57_600, 85_800, 85_801]) | st.integers(0, 86_399),
    st.sampled_from([0, 1, 999_999]),
)
sales = st.builds(
    Sale,
    back=backs,
    refunded_fen=st.sampled_from([0, 1, 10_000]),
    left_fen=st.sampled_from([0, 1, 9_999, 10_000, 30_000, 50_000]) | st.integers(0, 90_000),
    whole_back=st.integers(0, 5).map(lambda chance: chance == 0),
    in_shop=st.booleans(),
    pieces=st.lists(pieces, max_size=4),
)
ledgers = partial(st.lists, sales, max_size=6)


def keep(
    session: Session, customer: Customer, sale: Sale, now: datetime, store_id: int | None
) -> Order:
    """Write one order as it stands after its returns."""
    order = Order(
        order_no=f"R{next(_numbers)}",
        customer_id=customer.id,
        state=OrderState.RETURNED if sale.whole_back else OrderState.DONE,
        store_id=store_id if sale.in_shop else None,
        total_fen=sale.left_fen + sale.refunded_fen,
        refunded_fen=sale.refunded_fen,
        paid_at=now - sale.back,
        source="test",
    )
    session.add(order)
    session.flush()
    for piece in sale.pieces:
        session.add(OrderLine(order_id=order.id, product_name="衣服", **vars(piece)))
        session.flush()
    return order
