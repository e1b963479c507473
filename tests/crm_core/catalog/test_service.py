import pytest
from sqlmodel import Session

from crm_core.authz import system
from crm_core.catalog import service as catalog
from tests.factories import a_product

COAT, SHIRT = "羊毛双面呢大衣", "真丝衬衫"


@pytest.fixture(autouse=True)
def _goods(session: Session) -> None:
    a_product(session, COAT, article_no="A2031")
    a_product(session, "羊毛大衣", article_no="A2032")
    a_product(session, SHIRT, article_no="B1107")
    a_product(session, "旧款羊毛大衣", article_no="A0001", withdrawn=True)


@pytest.mark.every_database
@pytest.mark.parametrize(
    ("said", "numbers"),
    [
        ("a2031", ["A2031"]),
        ("羊毛大衣", ["A2032", "A2031"]),
        ("双面呢", ["A2031"]),
        ("真丝", ["B1107"]),
        ("100%棉", []),
        ("羽绒服", []),
        (" ", []),
    ],
)
def test_goods_are_found_as_people_name_them(
    session: Session, said: str, numbers: list[str]
) -> None:
    assert [found.article_no for found in catalog.find(session, said)] == numbers


def test_what_was_sold_once_stays_known(session: Session) -> None:
    known = catalog.exact(session, "A0001"), catalog.exact(session, "旧款羊毛大衣")
    assert known[0] is not None
    assert known[0] == known[1]
    assert "A0001" not in {product.article_no for product in catalog.everything(session)}


def test_an_article_number_is_one_product(session: Session) -> None:
    again = a_product(session, SHIRT, article_no="C1").model_copy(
        update={"price_fen": 1, "id": None}
    )
    saved, _ = catalog.save(session, system("test"), again)
    assert (saved.article_no, saved.price_fen) == ("C1", 1)
