"""The shop's own names, for understanding what people write. Never customers' names."""

import hashlib
from collections.abc import Iterable
from typing import TypedDict

import orjson
from sqlmodel import Session

from crm_core.catalog import service as catalog
from crm_core.customers import names
from crm_core.staff import service as staff
from crm_core.stores import service as stores


class Entry(TypedDict):
    """A value and the forms in which it is said."""

    value: str
    forms: list[str]


Entries = dict[str, list[Entry]]


def entries(session: Session) -> Entries:
    """What the shop calls its goods, shops and people, by entity, sorted."""
    goods = catalog.everything(session)
    shops = stores.everyone(session)
    return {
        "product": _sorted((p.name, [p.name, p.article_no]) for p in goods),
        "category": _plain(p.category for p in goods),
        "style": _plain(style for p in goods for style in p.styles),
        "color": _plain(color for p in goods for color in p.colors),
        "store": _sorted((s.name, [s.name, s.code]) for s in shops),
        "staff_name": _plain(said for one in staff.working(session) for said in _called(one.name)),
        "campaign": [],
        "reward": [],
        "tag": [],
    }


def etag(listed: Entries) -> str:
    """A tag that changes when, and only when, the entries do."""
    return hashlib.sha256(orjson.dumps(listed, option=orjson.OPT_SORT_KEYS)).hexdigest()[:32]


def _called(name: str) -> list[str]:
    """A colleague is 李娜 or 小李; 小李 stays as said, for there may be two."""
    return [name, f"小{names.surname(name)}"]


def _plain(values: Iterable[str]) -> list[Entry]:
    return _sorted((value, [value]) for value in values)


def _sorted(pairs: Iterable[tuple[str, list[str]]]) -> list[Entry]:
    """One entry a value with all its forms, in an order that does not depend on the database."""
    merged: dict[str, set[str]] = {}
    for value, forms in pairs:
        merged.setdefault(value, set()).update(form for form in forms if form)
    return [{"value": value, "forms": sorted(merged[value])} for value in sorted(merged) if value]
