from datetime import UTC, datetime, timedelta

import pytest
from sqlmodel import Session

from crm_core import clock
from crm_core.authz import system
from crm_core.customers.models import Customer
from crm_core.follow_ups import service as follow_ups
from crm_core.follow_ups.service import Tried
from crm_core.orders.models import Order
from crm_core.orders.returning import NewReturn
from crm_core.orders.service import NewLine, NewOrder
from crm_core.preferences import service as preferences
from crm_core.preferences import weights
from crm_core.preferences.models import PreferenceKind
from crm_core.sales import service as sales
from tests.crm_core.shop import Shop
from tests.factories import a_customer, a_product, acting, themselves

START = datetime(2026, 1, 1, tzinfo=UTC)
HALF_LIFE = timedelta(days=180)


def like(session: Session, customer: Customer, style: str, ref: str, *, yes: bool = True) -> None:
    wanted: dict[preferences.Key, str | None] = {
        (PreferenceKind.STYLE, style): style if yes else None
    }
    preferences.change(session, themselves(customer), customer.id, wanted, ref=ref)


def weighed(session: Session, customer: Customer) -> dict[str, float]:
    return {
        style: round(weight, 3)
        for style, weight in weights.weighed(session, themselves(customer), customer.id).items()
    }


def buy(session: Session, customer: Customer, style: str, order_no: str) -> Order:
    product = a_product(session, f"{style}大衣 {order_no}")
    product.styles = [style]
    session.add(product)
    session.commit()
    line = NewLine(product.article_no, 159900)
    new = NewOrder(customer.id, clock.now(), (line,))
    return sales.record_sale(session, system("test"), new, ref=order_no)


@pytest.mark.every_database
def test_words_and_deeds_weigh_and_halve_with_time(session: Session) -> None:
    customer = a_customer(session)
    with clock.standing_at(START):
        like(session, customer, "法式", "r1")
        buy(session, customer, "通勤", "o1")
        buy(session, customer, "法式", "o2")
        assert weighed(session, customer) == {"法式": 1.6, "通勤": 0.6}
    with clock.standing_at(START + HALF_LIFE):
        assert weighed(session, customer) == {"法式": 0.8, "通勤": 0.3}
        buy(session, customer, "通勤", "o3")
        assert weighed(session, customer) == {"通勤": 0.9, "法式": 0.8}


def test_saying_it_again_makes_it_fresh(session: Session) -> None:
    customer = a_customer(session)
    with clock.standing_at(START):
        like(session, customer, "法式", "r1")
    with clock.standing_at(START + HALF_LIFE):
        like(session, customer, "法式", "r2")
        assert weighed(session, customer) == {"法式": 1.0}


def test_a_style_that_is_no_longer_liked_loses_what_was_done_for_it(session: Session) -> None:
    customer = a_customer(session)
    with clock.standing_at(START):
        like(session, customer, "法式", "r1")
        buy(session, customer, "法式", "o1")
    with clock.standing_at(START + timedelta(days=1)):
        like(session, customer, "法式", "r2", yes=False)
        assert weighed(session, customer) == {}
    with clock.standing_at(START + timedelta(days=2)):
        buy(session, customer, "法式", "o2")
        assert weighed(session, customer) == {"法式": 0.6}


def test_what_came_back_weighs_nothing(session: Session) -> None:
    customer = a_customer(session)
    with clock.standing_at(START):
        order = buy(session, customer, "法式", "o1")
        new = NewReturn(order.order_no, clock.now())
        sales.record_return(session, system("test"), new, ref="back")
        assert weighed(session, customer) == {}


def test_a_try_on_weighs_less_than_a_purchase(session: Session, shop: Shop) -> None:
    product = a_product(session)
    with clock.standing_at(START):
        tried = Tried(product.name, product_id=product.id)
        assistant = acting(shop.assistant)
        follow_ups.log_try_on(session, assistant, shop.customer.id, tried, ref="t1")
        assert weighed(session, shop.customer) == {"通勤": 0.3}
