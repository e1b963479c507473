"""The catalogue: every field with its purpose, sensitivity and owner, and every source."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from sqlmodel import Session, col, func, select

from crm_core.authz import Actor, Permission
from crm_core.customers import service as customers
from crm_core.fields import defining, rights
from crm_core.fields.models import CatalogueEntry, CatalogueThing, Sensitivity
from crm_core.fields.shipped import FIELDS, SOURCES, Described
from crm_core.lineage import service as lineage
from crm_core.lineage.models import FieldEntry


@dataclass(frozen=True)
class Source:
    """Where values come from, how many came, and when the last one did."""

    code: str
    title: str
    owner: str
    entries: int = 0
    latest_at: datetime | None = None


@dataclass(frozen=True)
class Origin:
    """Where one value of a field comes from."""

    value: str | None  # as the reader may see it; None: it was taken away
    source: str
    actor: str
    ref: str
    at: datetime


def fields(session: Session) -> list[Described]:
    """All fields, the shipped ones first; what the shop says of a shipped one counts."""
    said = _said(session, CatalogueThing.FIELD)
    shipped = [
        replace(field, title=said[code].title, owner=said[code].owner) if code in said else field
        for code, field in FIELDS.items()
    ]
    own = [
        Described(field.code, field.title, field.sensitivity, field.purpose, field.owner)
        for field in defining.listed(session)
        if field.retired_at is None
    ]
    return shipped + own


def sources(session: Session) -> list[Source]:
    """All sources that are known or that anything came from."""
    said = _said(session, CatalogueThing.SOURCE)
    named = {code: Source(code, title, owner) for code, (title, owner) in SOURCES.items()}
    named |= {code: Source(code, entry.title, entry.owner) for code, entry in said.items()}
    came = (
        select(FieldEntry.source, func.count(), func.max(FieldEntry.at))
        .where(FieldEntry.refused == "")
        .group_by(FieldEntry.source)
    )
    for code, entries, latest_at in session.exec(came):
        source = named.get(code) or Source(code, code, "")
        named[code] = replace(source, entries=entries, latest_at=latest_at)
    return list(named.values())


def origins(session: Session, actor: Actor, customer_id: int, code: str) -> Sequence[Origin]:
    """Where the values of a field come from: which source, who and when, the newest first.

    Raises:
        Forbidden: the actor may not see this customer.
        CustomerNotFound: there is no such customer.
        BadField: no field has this code.
    """
    customers.get(session, actor, Permission.CUSTOMER_READ, customer_id)
    sensitivity = _sensitivity(session, code)
    how = rights.access(session, actor.role, code, sensitivity)
    return [
        Origin(
            None if row.value is None else rights.shown(how, code, sensitivity, row.value),
            row.source, row.actor, row.ref, row.at,
        )
        for row in lineage.of(session, customer_id, code)
    ]  # fmt: skip


def _said(session: Session, thing: CatalogueThing) -> dict[str, CatalogueEntry]:
    rows = select(CatalogueEntry).where(CatalogueEntry.thing == thing)
    return {row.code: row for row in session.exec(rows.order_by(col(CatalogueEntry.id)))}


def _sensitivity(session: Session, code: str) -> Sensitivity:
    shipped = FIELDS.get(code.partition(":")[0])
    return shipped.sensitivity if shipped else defining.get(session, code).sensitivity
