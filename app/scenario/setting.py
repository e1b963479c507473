"""Telling a database who and what there is: stores, staff, goods, articles, customers."""

import hashlib

from sqlmodel import Session

from app.scenario.cast import Cast, Player, themselves
from app.scenario.event import stated
from app.scenario.given import ArticleGiven, Given, ProductGiven
from app.scenario.people import CustomerGiven
from crm_core import clock
from crm_core.authz import system
from crm_core.catalog import service as catalog
from crm_core.catalog.models import Product
from crm_core.consents import service as consents
from crm_core.consents.models import Purpose
from crm_core.customers import service as customers
from crm_core.customers.models import Customer, IdentityKind
from crm_core.knowledge import service as knowledge
from crm_core.knowledge.models import Article
from crm_core.preferences import service as preferences
from crm_core.preferences.models import PreferenceKind
from crm_core.rules import service as rules
from crm_core.settings import settings
from crm_core.staff import service as staff
from crm_core.staff.models import Staff
from crm_core.stores import service as stores
from crm_core.stores.models import Store

US = system("scenario")
SOURCE = "scenario"
_OPENID_LENGTH = 28


def furnish(session: Session, given: Given, cast: Cast) -> None:
    """Add everything that has no history."""
    for name, value in given.rules.items():
        with stated("given", "rules", name):
            rules.put(session, US, name, value)
    for number, store in enumerate(given.stores):
        shop = Store(**store.model_dump(exclude={"code"}), code=store.code or store.name)
        with stated("given", "stores", number):
            saved, _ = stores.save(session, US, shop)
        cast.stores |= {store.name: saved, saved.code: saved}
    _hire(session, given, cast)
    for product in given.products:
        catalog.save(session, US, _product(product, cast))
    for article in given.articles:
        knowledge.save(session, US, _article(article, cast))


def admit(session: Session, given: Given, cast: Cast) -> None:
    """Add the customers, and give everybody who has one a phone."""
    for number, customer in enumerate(given.customers):
        joined = customer.since.at(cast.begins) if customer.since else cast.begins
        with clock.standing_at(joined), stated("given", "customers", number):
            row = _customer(session, customer, cast, number)
        cast.rows.append(row)
        if customer.points is not None:
            cast.with_points.add(row.id)
        for handle in customer.handles:
            cast.customers.setdefault(handle, row)
    for visitor in given.visitors:
        role, openid = ("stranger", None) if visitor.wecom else ("customer", visitor.openid)
        persona = _persona(role, visitor.name, visitor.phone)
        persona["userid"] = visitor.wecom
        persona["openid"] = None if visitor.wecom else openid or _openid(f"visitor {visitor.name}")
        cast.join(Player(persona), visitor.name)


def _hire(session: Session, given: Given, cast: Cast) -> None:
    for number, member in enumerate(given.staff, 1):
        row = Staff(
            wecom_userid=member.wecom or f"U{number:03d}",
            name=member.name,
            role=member.role,
            store_id=cast.store_id(member.store),
            left=member.left,
        )
        saved, _ = staff.save(session, US, row)
        cast.staff |= {saved.wecom_userid: saved, member.name: saved}
        persona = _persona(member.role.value, member.name, None) | {"userid": saved.wecom_userid}
        cast.join(Player(persona, staff_id=saved.id), member.name, saved.wecom_userid)


def _product(product: ProductGiven, cast: Cast) -> Product:
    lists = {
        "styles": list(product.styles),
        "colors": list(product.colors),
        "sizes": list(product.sizes),
    }
    row = Product(**(product.model_dump(exclude={"launched"}) | lists))
    row.launched_on = product.launched.on(cast.begins) if product.launched else None
    return row


def _article(article: ArticleGiven, cast: Cast) -> Article:
    begins, ends = article.valid_from, article.valid_until
    return Article(
        code=article.code,
        title=article.title,
        body=article.body,
        keywords=list(article.keywords),
        valid_from=begins.on(cast.begins) if begins else None,
        valid_until=ends.on(cast.begins) if ends else None,
    )


def _customer(session: Session, given: CustomerGiven, cast: Cast, number: int) -> Customer:
    assistant = cast.staff[given.assistant] if given.assistant else None
    row = Customer(
        assistant_id=assistant.id if assistant else None,
        store_id=cast.store_id(given.store) or (assistant.store_id if assistant else None),
        city=given.city,
        birthday=given.birthday,
        member_since=clock.now() if given.is_member else None,
    )
    session.add(row)
    session.flush()
    if given.name:
        customers.name_them(session, row, given.name)
    openid = _identify(session, given, row, number)
    _agree(session, given, row)
    _prefer(session, given, row)
    persona = _persona("customer", given.name or f"顾客{row.id}", given.phone)
    persona |= {"openid": openid, "following": given.follows}
    cast.join(Player(persona, customer_id=row.id), *given.handles)
    return row


def _identify(session: Session, given: CustomerGiven, row: Customer, number: int) -> str | None:
    """Add the identities; answers the openid, if there is one."""
    openid = given.openid or (_openid(f"{number} {given.handles[0]}") if given.follows else None)
    appid = settings().oa_appid
    if openid:
        _add(session, row, IdentityKind.OA_OPENID, openid, appid)
        customers.set_following(
            session, row.id, IdentityKind.OA_OPENID, appid, following=given.follows
        )
    if given.phone:
        customers.give_phone(session, row, given.phone)
        _add(session, row, IdentityKind.PHONE, given.phone)
    if given.card:
        _add(session, row, IdentityKind.CARD, given.card)
    for identity in given.identities:
        _add(session, row, identity.kind, identity.value, identity.account)
    return openid


def _add(
    session: Session, row: Customer, kind: IdentityKind, value: str, account: str = ""
) -> None:
    customers.identify(session, row, kind, value, account=account, source=SOURCE, verified=True)


def _agree(session: Session, given: CustomerGiven, row: Customer) -> None:
    said = {Purpose.MEMBERSHIP: True} if given.is_member else {}
    for purpose, granted in (said | (given.consents or {})).items():
        consents.record(
            session, themselves(row), row.id, purpose, granted=granted,
            wording=rules.get(session, f"consent.{purpose}"), channel=SOURCE, ref=SOURCE,
        )  # fmt: skip


def _prefer(session: Session, given: CustomerGiven, row: Customer) -> None:
    told: dict[preferences.Key, str | None] = {}
    told |= {(PreferenceKind.SIZE, garment): size for garment, size in given.sizes.items()}
    told |= {(PreferenceKind.STYLE, style): style for style in given.styles}
    told |= {(PreferenceKind.TAG, tag): tag for tag in given.tags}
    told |= {(PreferenceKind.BODY, measure): value for measure, value in given.body.items()}
    told |= {(PreferenceKind.NOTE, note[:64]): note for note in given.notes}
    if told:
        preferences.change(session, US, row.id, told, ref=SOURCE)


def _persona(role: str, name: str, phone: str | None) -> dict[str, object]:
    return {"id": f"{role}:{name}", "role": role, "name": name, "phone": phone}


def _openid(seed: str) -> str:
    """Looks like one; the same file makes the same ones."""
    return "o" + hashlib.sha256(seed.encode()).hexdigest()[: _OPENID_LENGTH - 1]
