import pytest
from sqlmodel import Session

from crm_core.lexicon import service as lexicon
from tests.factories import a_customer, a_product, a_staff, a_store


def forms(listed: lexicon.Entries, entity: str) -> dict[str, list[str]]:
    return {entry["value"]: entry["forms"] for entry in listed[entity]}


def test_the_shops_names_and_what_else_they_are_called(session: Session) -> None:
    a_product(session, "羊毛双面呢大衣", article_no="A2031")
    a_product(session, "旧款", article_no="A0001", withdrawn=True)
    store = a_store(session, "万达店")
    for name in ("陈静", "欧阳娜"):
        a_staff(session, name, store=store)
    listed = lexicon.entries(session)
    assert forms(listed, "product") == {"羊毛双面呢大衣": ["A2031", "羊毛双面呢大衣"]}
    assert forms(listed, "category") == {"大衣": ["大衣"]}
    assert forms(listed, "style") == {"通勤": ["通勤"]}
    assert forms(listed, "color") == {"驼色": ["驼色"]}
    assert forms(listed, "store") == {"万达店": [store.code, "万达店"]}
    assert set(forms(listed, "staff_name")) == {"陈静", "小陈", "欧阳娜", "小欧阳"}


def test_every_kind_of_name_is_there_though_the_shop_has_none(session: Session) -> None:
    assert lexicon.entries(session) == {
        "product": [], "category": [], "style": [], "color": [], "store": [], "staff_name": [],
        "campaign": [], "reward": [], "tag": [],
    }  # fmt: skip


def test_customers_are_not_in_it(session: Session) -> None:
    a_customer(session, "林晓月")
    assert not any(lexicon.entries(session).values())


@pytest.mark.every_database
def test_the_tag_changes_with_the_names_only(session: Session) -> None:
    a_product(session, "真丝衬衫", article_no="B1")
    before = lexicon.etag(lexicon.entries(session))
    a_customer(session, "林晓月")
    assert lexicon.etag(lexicon.entries(session)) == before
    a_product(session, "丝巾", article_no="A1")
    assert lexicon.etag(lexicon.entries(session)) != before
