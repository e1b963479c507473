"""What rules may look at, gathered from orders or from what else a customer did."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import datetime

from sqlmodel import Session, col, select

from crm_core.catalog.models import Product
from crm_core.clock import local
from crm_core.customers.models import Customer
from crm_core.earning.applying import ONLINE, Deed, Line
from crm_core.earning.definition import Trigger
from crm_core.orders.models import Order, OrderLine
from crm_core.stores.models import Store


def of_order(session: Session, order: Order) -> Deed:
    """A purchase, with its goods as they were sold."""
    return next(of_orders(session, [order]))


def of_orders(session: Session, orders: Sequence[Order]) -> Iterator[Deed]:
    """Purchases, in the order given, looked up together."""
    customers = _customers(session, {order.customer_id for order in orders})
    stores = _stores(session, {order.store_id for order in orders})
    lines = _lines(session, [order.id for order in orders])
    for order in orders:
        customer = customers[order.customer_id]
        yield Deed(
            on=Trigger.PURCHASE,
            day=local(order.paid_at).date(),
            tier=customer.tier,
            birth_month=_birth_month(customer),
            store=stores.get(order.store_id, ONLINE),
            total_fen=order.total_fen,
            lines=tuple(lines[order.id]),
        )


def of_customers(
    session: Session, done: Sequence[tuple[int, datetime]], on: Trigger, *, task: str = ""
) -> Iterator[Deed]:
    """What customers did besides buying, and when; its store is theirs."""
    customers = _customers(session, {customer_id for customer_id, _ in done})
    stores = _stores(session, {customer.store_id for customer in customers.values()})
    for customer_id, at in done:
        customer = customers[customer_id]
        yield Deed(
            on=on,
            day=local(at).date(),
            tier=customer.tier,
            birth_month=_birth_month(customer),
            store=stores.get(customer.store_id, ONLINE),
            task=task,
        )


def _customers(session: Session, ids: Collection[int]) -> dict[int, Customer]:
    found = session.exec(select(Customer).where(col(Customer.id).in_(ids)))
    return {customer.id: customer for customer in found}


def _stores(session: Session, ids: Iterable[int | None]) -> dict[int | None, str]:
    known = {store_id for store_id in ids if store_id is not None}
    found = session.exec(select(Store).where(col(Store.id).in_(known)))
    return {store.id: store.code for store in found}


def _birth_month(customer: Customer) -> int | None:
    return int(customer.birthday[5:7]) if customer.birthday else None


def _lines(session: Session, order_ids: Collection[int]) -> dict[int, list[Line]]:
    of_them = (
        select(OrderLine, Product.article_no)
        .join(Product, col(Product.id) == col(OrderLine.product_id), isouter=True)
        .where(col(OrderLine.order_id).in_(order_ids))
        .order_by(col(OrderLine.id))
    )
    lines: dict[int, list[Line]] = defaultdict(list)
    for line, article_no in session.exec(of_them):
        amount_fen = line.price_fen * line.quantity
        sold = Line(amount_fen, article_no or line.product_name, line.category)
        lines[line.order_id].append(sold)
    return lines
