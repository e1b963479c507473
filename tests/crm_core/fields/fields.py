"""Fields of a bridal shop."""

from typing import Any

from sqlmodel import Session

from crm_core.authz import system
from crm_core.fields import defining
from crm_core.fields.models import CustomField, FieldKind, Sensitivity

OPERATOR = system("test")


def a_field(
    session: Session,
    code: str = "wedding_on",
    title: str = "婚期",
    *,
    kind: FieldKind = FieldKind.DATE,
    sensitivity: Sensitivity = Sensitivity.INTERNAL,
    **rest: Any,
) -> CustomField:
    """A defined field; by default the wedding day, which may stand in clear."""
    given = {"purpose": "安排婚纱试穿和交付", "owner": "婚纱顾问", **rest}
    wanted = CustomField(code=code, title=title, kind=kind, sensitivity=sensitivity, **given)
    field, _ = defining.define(session, OPERATOR, wanted)
    session.commit()
    return field
