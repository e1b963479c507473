"""Rows that many tests need; each commits, so that units of work see them."""

import itertools
from datetime import datetime, timedelta

from sqlmodel import Session

from crm_core import clock
from crm_core.authz import Actor, Role, system
from crm_core.catalog.models import Product
from crm_core.customers import service as customers
from crm_core.customers.models import Customer, IdentityKind
from crm_core.orders.models import Order
from crm_core.orders.service import NewLine, NewOrder
from crm_core.polls import publishing
from crm_core.polls.models import Poll
from crm_core.polls.publishing import NewOption, NewPoll
from crm_core.sales import service as sales
from crm_core.staff import service as staff
from crm_core.staff.models import Staff
from crm_core.stores.models import Store

OA_APPID = "wx-tests"
_numbers = itertools.count(1)


def a_store(session: Session, name: str = "万达店") -> Store:
    store = Store(code=f"S{next(_numbers)}", name=name, address="中山路1号", hours="10:00-22:00")
    session.add(store)
    session.commit()
    return store


def a_staff(
    session: Session, name: str = "陈静", *, role: Role = Role.ASSISTANT, store: Store | None = None
) -> Staff:
    made = Staff(
        wecom_userid=f"U{next(_numbers)}",
        name=name,
        role=role,
        store_id=store.id if store else None,
    )
    session.add(made)
    session.commit()
    return made


def a_customer(
    session: Session,
    name: str | None = "林晓月",
    *,
    phone: str | None = None,
    assistant: Staff | None = None,
    openid: str | None = None,
) -> Customer:
    """A customer of the assistant's shop; `phone` as E.164; with an openid if one is given."""
    customer = Customer(
        assistant_id=assistant.id if assistant else None,
        store_id=assistant.store_id if assistant else None,
    )
    session.add(customer)
    session.flush()
    if name:
        customers.name_them(session, customer, name)
    if phone:
        customers.give_phone(session, customer, phone)
    if openid:
        customers.identify(
            session, customer, IdentityKind.OA_OPENID, openid, account=OA_APPID, source="test"
        )
    session.commit()
    return customer


def themselves(customer: Customer) -> Actor:
    """The customer as an actor."""
    return Actor(f"customer:{customer.id}", Role.CUSTOMER, customer_id=customer.id)


def acting(member: Staff) -> Actor:
    """A member of staff as an actor."""
    return staff.actor_of(member)


def a_product(
    session: Session,
    name: str = "羊毛双面呢大衣",
    *,
    article_no: str | None = None,
    category: str = "大衣",
    withdrawn: bool = False,
) -> Product:
    product = Product(
        article_no=article_no or f"A{next(_numbers)}",
        name=name,
        category=category,
        styles=["通勤"],
        colors=["驼色"],
        sizes=["S", "M", "L"],
        price_fen=159900,
        withdrawn=withdrawn,
    )
    session.add(product)
    session.commit()
    return product


def a_poll(
    session: Session,
    title: str = "春天先买哪件",
    *options: str,
    store: Store | None = None,
    closes_at: datetime | None = None,
) -> Poll:
    """An open poll of the store, else of the chain; two options if none are named."""
    new = NewPoll(
        title,
        tuple(NewOption(option) for option in options or ("通勤风衣", "法式大衣")),
        store.id if store else None,
        closes_at,
    )
    poll = publishing.create(session, system("test"), new, ref=f"test:{next(_numbers)}")
    session.commit()
    return poll


def an_order(
    session: Session,
    customer: Customer,
    order_no: str = "DD20260301001",
    *,
    hours_ago: float = 1,
    served_by: Staff | None = None,
    store: Store | None = None,
) -> Order:
    """A paid order of one coat; in the shop of who served, or online."""
    new = NewOrder(
        customer.id,
        clock.now() - timedelta(hours=hours_ago),
        (NewLine("羊毛双面呢大衣", 159900, category="大衣"),),
        store_id=store.id if store else served_by.store_id if served_by else None,
        staff_id=served_by.id if served_by else None,
    )
    order = sales.record_sale(session, system("test"), new, ref=order_no)
    session.commit()
    return order
