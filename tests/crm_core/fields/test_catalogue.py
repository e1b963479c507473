"""No purpose, no storage: every encrypted column stands in the catalogue."""

from sqlmodel import Session, SQLModel

import crm_core.models  # noqa: F401  every table
from crm_core.authz import system
from crm_core.entry import service as entry
from crm_core.fields import catalogue, defining
from crm_core.fields.models import CatalogueThing, Sensitivity
from crm_core.fields.shipped import FIELDS
from crm_core.tables import Encrypted
from tests.crm_core.fields.fields import OPERATOR, a_field
from tests.crm_core.shop import Shop
from tests.factories import acting, themselves


def test_every_encrypted_column_has_a_purpose_a_level_and_an_owner() -> None:
    described = {column for field in FIELDS.values() for column in field.columns}
    encrypted = {
        f"{table.name}.{column.name}"
        for table in SQLModel.metadata.tables.values()
        for column in table.columns
        if isinstance(column.type, Encrypted)
    }
    assert encrypted == described
    for field in FIELDS.values():
        assert field.purpose
        assert field.owner


def test_the_shops_own_fields_and_words_stand_beside_the_shipped_ones(session: Session) -> None:
    a_field(session, sensitivity=Sensitivity.PERSONAL)
    defining.own(session, OPERATOR, CatalogueThing.FIELD, "phone", "会员手机", "客服部")
    by_code = {field.code: field for field in catalogue.fields(session)}
    assert (by_code["phone"].title, by_code["phone"].owner) == ("会员手机", "客服部")
    own = by_code["wedding_on"]
    assert (own.sensitivity, own.purpose) == (Sensitivity.PERSONAL, "安排婚纱试穿和交付")


def test_sources_are_listed_with_what_came_from_them(session: Session, shop: Shop) -> None:
    actor = acting(shop.assistant)
    defining.own(session, OPERATOR, CatalogueThing.SOURCE, "youzan", "有赞商城", "电商部")
    for source, ref in (("youzan", "r1"), ("youzan", "r2"), ("other", "r3")):
        entry.enter(session, actor, shop.customer.id, {"city": ref}, source=source, ref=ref)
    found = {source.code: source for source in catalogue.sources(session)}
    assert (found["youzan"].title, found["youzan"].entries) == ("有赞商城", 2)
    assert (found["other"].owner, found["other"].entries) == ("", 1)
    assert found["till"].entries == 0


def test_each_value_says_where_it_comes_from_as_far_as_the_reader_sees_it(
    session: Session, shop: Shop
) -> None:
    customer, assistant = shop.customer, acting(shop.assistant)
    entry.enter(session, themselves(customer), customer.id, {"birthday": "1992-05-04"}, ref="r1")
    entry.enter(session, assistant, customer.id, {"birthday": "1992-05-14"}, ref="r2")
    rows = catalogue.origins(session, themselves(customer), customer.id, "birthday")
    assert [(row.value, row.source, row.actor) for row in rows] == [
        ("1992-05-14", "assistant", assistant.name),
        ("1992-05-04", "chat", f"customer:{customer.id}"),
    ]
    masked = catalogue.origins(session, system("cli"), customer.id, "birthday")
    assert [row.value for row in masked] == ["5月14日", "5月4日"]
