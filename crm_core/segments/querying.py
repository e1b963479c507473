"""The statements behind a segment: who is in it, within what an actor may see."""

from typing import Any

from sqlalchemy import ColumnElement, Select, true
from sqlmodel import Session, col

from crm_core.authz import Actor, Forbidden, Permission
from crm_core.customers.models import Customer
from crm_core.segments import book
from crm_core.segments.compiling import Compiler
from crm_core.segments.rule import Rule


def fitting(session: Session, rule: Rule, *columns: Any) -> Select[Any]:
    """These columns (the id, if none are named) of every customer who fits a rule."""
    compiler = Compiler(session, book.load(session))
    condition = compiler.condition(rule)
    return compiler.select(*(columns or (col(Customer.id),))).where(condition)


def scope(actor: Actor, store_id: int | None) -> ColumnElement[bool]:
    """A manager's own shop, or the one asked for, as SQL on Customer.

    Raises:
        Forbidden: the actor may not see segments, or not those of this shop.
    """
    actor.require(Permission.SEGMENT_READ)
    if actor.everywhere:
        return true() if store_id is None else col(Customer.store_id) == store_id
    if actor.store_id is None or store_id not in {None, actor.store_id}:
        raise Forbidden(actor.name, f"store:{store_id}")
    return col(Customer.store_id) == actor.store_id
