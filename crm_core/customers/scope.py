"""Which customers an actor sees, for queries."""

from sqlalchemy import ColumnElement, false, true
from sqlmodel import col

from crm_core.authz import Actor, Role
from crm_core.customers.models import Customer


def within(actor: Actor) -> ColumnElement[bool]:
    """`Actor.sees` as SQL on Customer."""
    match actor.role:
        case Role.SERVICE | Role.ADMIN:
            return true()
        case Role.CUSTOMER if actor.customer_id is not None:
            return col(Customer.id) == actor.customer_id
        case Role.ASSISTANT if actor.staff_id is not None:
            return col(Customer.assistant_id) == actor.staff_id
        case Role.MANAGER if actor.store_id is not None:
            return col(Customer.store_id) == actor.store_id
        case _:
            return false()
