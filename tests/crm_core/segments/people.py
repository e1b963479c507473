"""Random customers, kept in the database and told in plain Python."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

from hypothesis import strategies as st
from sqlmodel import Session

from crm_core.consents.models import Consent, Purpose
from crm_core.customers import index
from crm_core.customers.models import Customer, Identity, IdentityKind, SearchKey, SearchKind
from crm_core.fields.models import CustomField, CustomValue, FieldKind, Sensitivity
from crm_core.figures import service as figures
from crm_core.points.models import Cause, PointsEntry
from crm_core.preferences.models import Preference, PreferenceKind
from crm_core.segments.catalogue import EVENTS
from crm_core.stores.models import Store
from crm_core.timeline.models import EventKind, TimelineEvent
from tests.crm_core.figures.ledgers import Sale, backs, keep, ledgers
from tests.crm_core.segments.rules import TAGS, WORDS

NOW = datetime(2026, 3, 12, 15, 50, tzinfo=UTC)  # 23:50 in the shop
TODAY = date(2026, 3, 12)
_TIMELINE = [name for name in EVENTS if name not in {"contact", "invite"}]


@dataclass(frozen=True)
class Person:
    sales: Sequence[Sale]
    events: Sequence[tuple[str, timedelta]]
    invites: Sequence[timedelta]
    points: Sequence[int]
    tags: Sequence[tuple[str, bool]]  # and whether it still holds
    styles: Sequence[str]
    city: str | None
    tier: str
    store: str | None
    made: timedelta
    joined: timedelta | None
    came_by: Sequence[tuple[str, bool]]  # source, following
    agreed: Sequence[bool]
    bride: str | None
    height: float | None
    wedding_in_days: int | None
    birthday: str | None


people = st.builds(
    Person,
    sales=ledgers(),
    events=st.lists(st.tuples(st.sampled_from(_TIMELINE), backs), max_size=6),
    invites=st.lists(backs, max_size=2),
    points=st.lists(st.integers(1, 3), max_size=2),
    tags=st.lists(
        st.tuples(st.sampled_from(TAGS), st.booleans()), max_size=3, unique_by=lambda t: t[0]
    ),
    styles=st.lists(st.sampled_from(WORDS["stated_style"]), max_size=2, unique=True),
    city=st.none() | st.sampled_from(WORDS["city"]),
    tier=st.sampled_from(WORDS["tier"]),
    store=st.none() | st.sampled_from(WORDS["store"]),
    made=backs,
    joined=st.none() | backs,
    came_by=st.lists(
        st.tuples(st.sampled_from(WORDS["source"]), st.booleans()), max_size=2
    ),
    agreed=st.lists(st.booleans(), max_size=3),
    bride=st.sampled_from([None, "是", "否"]),
    height=st.none() | st.sampled_from([158.5, 160.0, 162.0]),
    wedding_in_days=st.none() | st.sampled_from([-1, 0, 1, 30, 400]),
    birthday=st.sampled_from([None, "1990-03-12", "1992-03-13", "1988-02-29", "1995-03-11"]),
)  # fmt: skip


@dataclass(frozen=True)
class Shop:
    """What rules speak of besides customers."""

    stores: dict[str, int]
    fields: dict[str, int]


def open_shop(session: Session) -> Shop:
    stores = {name: Store(code=name, name=name) for name in WORDS["store"]}
    kinds = {"新娘": FieldKind.YES_NO, "身高": FieldKind.NUMBER, "婚期": FieldKind.DATE}
    fields = {
        title: CustomField(
            code=title, title=title, kind=kind, sensitivity=Sensitivity.INTERNAL, purpose="试衣",
            owner="市场部",
        )
        for title, kind in kinds.items()
    }  # fmt: skip
    session.add_all([*stores.values(), *fields.values()])
    session.flush()
    return Shop(
        {name: store.id for name, store in stores.items()},
        {title: field.id for title, field in fields.items()},
    )


def settle(session: Session, shop: Shop, person: Person) -> int:
    """Keep a person, and all that happened; returns the id."""
    customer = Customer(
        city=person.city,
        tier=person.tier,
        store_id=shop.stores[person.store] if person.store else None,
        member_since=NOW - person.joined if person.joined is not None else None,
        created_at=NOW - person.made,
    )
    session.add(customer)
    session.flush()
    for sale in person.sales:
        keep(session, customer, sale, NOW, shop.stores["万达店"])
    session.add_all(_rows(person, customer.id))
    session.add_all(_values(person, customer.id, shop.fields))
    session.flush()
    figures.refresh(session, customer.id)
    return customer.id


def _rows(person: Person, whose: int) -> list[Any]:
    happened = [
        TimelineEvent(customer_id=whose, kind=EventKind(kind), at=NOW - back, ref=str(n))
        for n, (kind, back) in enumerate(person.events)
    ]
    entries = [
        PointsEntry(
            customer_id=whose, delta=200, cause=Cause.INVITE, ref=f"i{n}", created_at=NOW - back
        )
        for n, back in enumerate(person.invites)
    ] + [
        PointsEntry(customer_id=whose, delta=delta, cause=Cause.GIFT, ref=f"g{n}")
        for n, delta in enumerate(person.points)
    ]
    told = [
        Preference(
            customer_id=whose, kind=kind, name=name, value="有", source="test", ref=name,
            ended_at=None if holds else NOW,
        )
        for kind, name, holds in [
            *((PreferenceKind.TAG, tag, holds) for tag, holds in person.tags),
            *((PreferenceKind.STYLE, style, True) for style in person.styles),
        ]
    ]  # fmt: skip
    known = [
        Identity(
            customer_id=whose, kind=IdentityKind.OA_OPENID, digest=f"{whose}-{n}", value="o",
            source=source, following=following,
        )
        for n, (source, following) in enumerate(person.came_by)
    ]  # fmt: skip
    agreed = [
        Consent(
            customer_id=whose, purpose=Purpose.MARKETING, granted=granted, wording="", channel="oa",
            ref=str(n), at=NOW,
        )
        for n, granted in enumerate(person.agreed)
    ]  # fmt: skip
    return [*happened, *entries, *told, *known, *agreed]


def _values(person: Person, whose: int, fields: dict[str, int]) -> list[Any]:
    wedding = person.wedding_in_days
    given: dict[str, dict[str, Any]] = {
        "新娘": {"text": person.bride},
        "身高": {"number": person.height},
        "婚期": {"day": None if wedding is None else TODAY + timedelta(days=wedding)},
    }
    rows: list[Any] = [
        CustomValue(customer_id=whose, field_id=fields[title], source="test", ref=title, **value)
        for title, value in given.items()
        if None not in value.values()
    ]
    if person.birthday:
        digest = index.digest(SearchKind.BIRTH_DAY, person.birthday[-5:])
        rows.append(SearchKey(customer_id=whose, kind=SearchKind.BIRTH_DAY, digest=digest))
    return rows
