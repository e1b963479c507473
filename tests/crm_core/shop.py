"""A shop with a manager, an assistant and a customer of theirs."""

from dataclasses import dataclass

from sqlmodel import Session

from crm_core.authz import Role
from crm_core.customers.models import Customer
from crm_core.staff.models import Staff
from crm_core.stores.models import Store
from tests.factories import a_customer, a_staff, a_store


@dataclass
class Shop:
    store: Store
    manager: Staff
    assistant: Staff
    customer: Customer


def a_shop(session: Session) -> Shop:
    """陈静 serves 林晓月 in 万达店, which 周敏 manages."""
    store = a_store(session)
    assistant = a_staff(session, store=store)
    return Shop(
        store,
        a_staff(session, "周敏", role=Role.MANAGER, store=store),
        assistant,
        a_customer(session, assistant=assistant, openid="oLin"),
    )
