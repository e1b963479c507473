"""Finding customers by what stands in clear: the shop's own fields, and tags."""

from collections.abc import Sequence
from operator import eq, ge, le
from typing import Any

from sqlmodel import Session, col, select

from crm_core.audit import reads
from crm_core.authz import Actor, Permission
from crm_core.customers import scope
from crm_core.customers.models import Customer
from crm_core.fields import defining, values
from crm_core.fields.errors import BadField
from crm_core.fields.models import CustomField, CustomValue, FieldKind

_COLUMNS = {FieldKind.NUMBER: CustomValue.number, FieldKind.DATE: CustomValue.day}
_ORDERED = frozenset(_COLUMNS)
_OPERATORS = {"=": eq, ">=": ge, "<=": le}
_MOST = 200


def find(
    session: Session, actor: Actor, code: str, operator: str, said: str, *, limit: int = _MOST
) -> Sequence[Customer]:
    """The customers in the actor's scope whose field compares so, oldest first.

    `operator` is =, >= or <= (for numbers and days), or 「含」 for a text that holds `said`.

    Raises:
        Forbidden: the actor may look up nobody.
        BadField: there is no such field, it is encrypted, or cannot be compared so.
        BadEntry: what is looked for is no value of the field's kind.
    """
    actor.require(Permission.CUSTOMER_READ)
    field = defining.get(session, code)
    if not field.sensitivity.is_clear:
        raise BadField("not_searchable", title=field.title)
    wanted = (
        select(Customer)
        .join(CustomValue, col(CustomValue.customer_id) == col(Customer.id))
        .where(CustomValue.field_id == field.id, _compared(field, operator, said))
        .where(scope.within(actor), col(Customer.joined_into).is_(None))
    )
    found = session.exec(wanted.order_by(col(Customer.id)).limit(limit)).all()
    for customer in found:
        reads.read(session, actor, customer.id, "customer:find")
    return found


def _compared(field: CustomField, operator: str, said: str) -> Any:
    column: Any = _COLUMNS.get(field.kind, CustomValue.text)
    if operator == "含" and field.kind is FieldKind.TEXT:
        return col(column).contains(said, autoescape=True)
    if operator not in _OPERATORS or (operator != "=" and field.kind not in _ORDERED):
        raise BadField("operator", title=field.title, said=operator)
    return _OPERATORS[operator](column, values.parse(field, said))
