"""What was entered, checked field by field and sorted by who keeps it."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from sqlmodel import Session

from crm_core.customers.models import Customer
from crm_core.entry import record
from crm_core.family import service as family
from crm_core.fields import service as fields
from crm_core.preferences import checking
from crm_core.preferences.models import PreferenceKind
from crm_core.preferences.service import Key
from crm_core.validation.errors import BadEntry

_DIVIDERS = re.compile(r"[、,，;；|/\s]+")
_SEVERAL = {"style": PreferenceKind.STYLE, "tag": PreferenceKind.TAG}
_NAMED = {"size": PreferenceKind.SIZE, "body": PreferenceKind.BODY}


@dataclass
class Parts:
    record: dict[str, str] = field(default_factory=dict)  # of the customer's record itself
    wanted: dict[Key, str | None] = field(default_factory=dict)  # sizes, styles, measures, tags
    family: dict[str, dict[str, str | None]] = field(default_factory=dict)  # by label, garment
    custom: dict[str, str | None] = field(default_factory=dict)


def sort(
    session: Session, customer: Customer, filled: Mapping[str, str], ref: str
) -> tuple[Parts, list[BadEntry]]:
    """The parts of what is given, and everything that is wrong with it."""
    parts = Parts()
    problems: list[BadEntry] = []
    for code, said in filled.items():
        try:
            _sort(session, customer, parts, code, said, ref)
        except BadEntry as error:
            problems.append(error)
    return parts, problems


def is_known(session: Session, code: str) -> bool:
    """Whether something can be entered under this code."""
    head, _, name = code.partition(":")
    if code in record.FIELDS or head in _SEVERAL or code == "note":
        return True
    if head == "family":
        return bool(name)
    return bool(name) if head in _NAMED else fields.is_open(session, code)


def _sort(
    session: Session, customer: Customer, parts: Parts, code: str, said: str, ref: str
) -> None:
    head, _, name = code.partition(":")
    if code in record.FIELDS:
        parts.record[code] = record.checked(session, customer, code, said)
    elif head == "family":
        label, _, garment = name.partition(":")
        family.check_label(label)
        _check(session, (PreferenceKind.SIZE, label + garment), said)
        parts.family.setdefault(label, {})[garment] = said
    elif (wanted := _preferences(head, name, said, ref)) is not None:
        for key, value in wanted.items():
            _check(session, key, value)
        parts.wanted |= wanted
    else:
        fields.check(session, customer.id, code, said)
        parts.custom[code] = said


def _preferences(head: str, name: str, said: str, ref: str) -> dict[Key, str] | None:
    """What is kept as a preference; None where it is none."""
    if head in _SEVERAL:
        return {(_SEVERAL[head], each): each for each in _DIVIDERS.split(said) if each}
    if head in _NAMED:
        return {(_NAMED[head], name): said}
    return {(PreferenceKind.NOTE, ref): said} if head == "note" else None


def _check(session: Session, key: Key, value: str) -> None:
    checking.checked(session, {key: value}, held={})
