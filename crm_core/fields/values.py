"""A value of a custom field: checked, put into its column, written out again."""

import re
from datetime import date
from typing import Any

from sqlmodel import Session, select

from crm_core.fields.models import (
    LONGEST_CLEAR,
    CustomField,
    CustomValue,
    FieldKind,
    Sensitivity,
)
from crm_core.validation import checking
from crm_core.validation.errors import BadEntry

Value = str | float | date

_LONGEST = 2000  # characters of an encrypted text
_COLUMNS = {FieldKind.NUMBER: "number", FieldKind.DATE: "day"}


def parse(field: CustomField, said: str) -> Value:
    """What was said, as the field's kind keeps it.

    Raises:
        BadEntry: it is not of the field's kind, or breaks its rules, or is a number of an identity
            or bank card in a field that is not meant for such.
    """
    match field.kind:
        case FieldKind.NUMBER:
            return checking.number(said, field.code, field.title, field.rules)
        case FieldKind.DATE:
            return checking.day(said, field.code, field.title, field.rules)
        case FieldKind.CHOICE:
            return checking.choice(said, field.code, field.title, field.rules["options"])
        case FieldKind.YES_NO:
            return checking.yes_no(said, field.code, field.title)
        case FieldKind.TEXT:
            return _text(field, said)


def written(value: Value) -> str:
    """As a person reads it, and as `parse` takes it again."""
    if isinstance(value, float):
        return f"{value:.4f}".rstrip("0").rstrip(".")
    return value.isoformat() if isinstance(value, date) else value


def place(field: CustomField, row: CustomValue, value: Value) -> None:
    """Put a value into the one column that it belongs to."""
    row.text = row.number = row.day = row.secret = None
    if field.sensitivity.is_clear:
        setattr(row, _COLUMNS.get(field.kind, "text"), value)
    else:
        row.secret = written(value)


def held(row: CustomValue) -> str:
    """What a row holds, written out."""
    value: Any = next(
        each for each in (row.text, row.number, row.day, row.secret) if each is not None
    )
    return written(value)


def seal(session: Session, field: CustomField) -> None:
    """Encrypt the values of a field that has become sensitive."""
    rows = select(CustomValue).where(CustomValue.field_id == field.id).with_for_update()
    for row in session.exec(rows):
        place(field, row, held(row))
        session.add(row)
    session.flush()


def _text(field: CustomField, said: str) -> str:
    longest = LONGEST_CLEAR if field.sensitivity.is_clear else _LONGEST
    most = min(field.rules.get("most", longest), longest)
    may_be_card = field.sensitivity is Sensitivity.HIGHEST
    check = checking.bounded if may_be_card else checking.text
    clean = check(said, field.code, field.title, most)
    pattern, hint = field.rules.get("pattern"), field.rules.get("hint")
    if pattern and not re.fullmatch(pattern, clean):
        shown = "" if may_be_card else f"「{clean}」"
        hinted = f"，{hint}" if hint else ""
        raise BadEntry(field.code, "pattern", title=field.title, said=shown, hint=hinted)
    return clean
