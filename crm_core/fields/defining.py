"""Defining fields and tags: no purpose, no storage."""

import re
from collections.abc import Sequence
from datetime import date
from typing import Any

from sqlmodel import Session, select

from crm_core import saving
from crm_core.audit import service as audit
from crm_core.authz import Actor, Permission
from crm_core.clock import now
from crm_core.fields import values
from crm_core.fields.errors import BadField
from crm_core.fields.models import (
    CatalogueEntry,
    CatalogueThing,
    CustomField,
    CustomValue,
    FieldKind,
    Sensitivity,
    TagDefinition,
)
from crm_core.fields.shipped import FIELDS
from crm_core.saving import Change

_CODE = re.compile(r"[a-z][a-z0-9_]{0,31}")
_RULES: dict[FieldKind, frozenset[str]] = {
    FieldKind.TEXT: frozenset({"most", "pattern", "hint"}),
    FieldKind.NUMBER: frozenset({"least", "most"}),
    FieldKind.DATE: frozenset({"least", "most"}),
    FieldKind.CHOICE: frozenset({"options"}),
    FieldKind.YES_NO: frozenset(),
}
_LEVELS = list(Sensitivity)


def define(session: Session, actor: Actor, wanted: CustomField) -> tuple[CustomField, Change]:
    """Add a field of the shop's own, or bring the one of this code up to date.

    A field that becomes more sensitive has its values encrypted at once. Repeating changes nothing.

    Raises:
        Forbidden: the actor may not set up the shop.
        BadField: it has no purpose or owner, or a rule that cannot be.
        Taken: another field has this title.
    """
    actor.require(Permission.SETUP_WRITE)
    _check(wanted)
    found = session.exec(select(CustomField).where(CustomField.code == wanted.code)).one_or_none()
    before = found.sensitivity if found else wanted.sensitivity
    if found:
        _check_change(session, found, wanted)
    row, change = saving.put(session, actor, wanted, "code")
    if before.is_clear and not row.sensitivity.is_clear:
        values.seal(session, row)
    return row, change


def define_tag(
    session: Session, actor: Actor, wanted: TagDefinition
) -> tuple[TagDefinition, Change]:
    """Add a tag that staff may give, or bring it up to date. Repeating changes nothing.

    Raises:
        Forbidden: the actor may not set up the shop.
        BadField: it has no purpose or owner, or is too sensitive to stand in clear.
    """
    actor.require(Permission.SETUP_WRITE)
    _require_reason(wanted.name, wanted.purpose, wanted.owner)
    if not wanted.sensitivity.is_clear:
        raise BadField("highest_tag")
    return saving.put(session, actor, wanted, "name")


def retire(session: Session, actor: Actor, code: str) -> CustomField:
    """Let a field take no values any more; what is held stays readable. Repeating changes nothing.

    Raises:
        Forbidden: the actor may not set up the shop.
        BadField: there is no such field.
    """
    actor.require(Permission.SETUP_WRITE)
    field = get(session, code)
    if field.retired_at is None:
        field.retired_at = now()
        session.add(field)
        audit.record(session, actor, "custom_field:retire", f"custom_field:{field.id}")
    return field


def own(
    session: Session, actor: Actor, thing: CatalogueThing, code: str, title: str, owner: str
) -> CatalogueEntry:
    """Say what a source or a shipped field is to this shop, and who answers for it.

    Raises:
        Forbidden: the actor may not set up the shop.
        BadField: no such field is shipped, or nobody owns it.
    """
    actor.require(Permission.SETUP_WRITE)
    if thing is CatalogueThing.FIELD and code not in FIELDS:
        raise BadField("unknown", said=code)
    _require_reason(title, "-", owner)
    same = CatalogueEntry.thing == thing, CatalogueEntry.code == code
    found = session.exec(select(CatalogueEntry).where(*same).with_for_update()).one_or_none()
    row = found or CatalogueEntry(thing=thing, code=code, title=title, owner=owner)
    row.title, row.owner = title, owner
    session.add(row)
    session.flush()
    audit.record(session, actor, "catalogue:own", f"{thing.value}:{code}", owner=owner)
    return row


def get(session: Session, code: str) -> CustomField:
    """The field of this code.

    Raises:
        BadField: there is none.
    """
    found = session.exec(select(CustomField).where(CustomField.code == code)).one_or_none()
    if found is None:
        raise BadField("unknown", said=code)
    return found


def listed(session: Session) -> Sequence[CustomField]:
    """All fields of the shop's own, in the order they were defined."""
    return session.exec(select(CustomField).order_by(CustomField.code)).all()


def _check(wanted: CustomField) -> None:
    if not _CODE.fullmatch(wanted.code):
        raise BadField("code", said=wanted.code)
    if wanted.code in FIELDS:
        raise BadField("shipped", said=wanted.code)
    _require_reason(wanted.title, wanted.purpose, wanted.owner)
    try:
        _check_rules(wanted.kind, wanted.rules)
    except (ValueError, TypeError, re.error) as error:
        raise BadField("rules", title=wanted.title, detail=error) from None


def _require_reason(title: str, purpose: str, owner: str) -> None:
    if not purpose.strip():
        raise BadField("purpose", title=title)
    if not owner.strip():
        raise BadField("owner", title=title)


def _check_rules(kind: FieldKind, rules: dict[str, Any]) -> None:
    if unknown := sorted(rules.keys() - _RULES[kind]):
        raise ValueError(f"不认识 {'、'.join(unknown)}")
    if kind is FieldKind.CHOICE:
        _check_options(rules.get("options"))
    if "pattern" in rules:
        re.compile(rules["pattern"])
    bounds = [rules[name] for name in ("least", "most") if name in rules]
    if kind is FieldKind.DATE:
        bounds = [date.fromisoformat(bound) for bound in bounds]
    if bounds != sorted(bounds):
        raise ValueError("least 大于 most")


def _check_options(options: Any) -> None:
    if not isinstance(options, list) or not options or len(set(options)) != len(options):
        raise ValueError("options 要列出不重复的选项")


def _check_change(session: Session, found: CustomField, wanted: CustomField) -> None:
    if _LEVELS.index(wanted.sensitivity) < _LEVELS.index(found.sensitivity):
        raise BadField("less_sensitive", title=found.title)
    if wanted.kind is not found.kind:
        held = select(CustomValue.id).where(CustomValue.field_id == found.id).limit(1)
        if session.exec(held).first() is not None:
            raise BadField("kind_fixed", title=found.title)
