from collections.abc import Iterator

import pytest
from fastapi import FastAPI
from httpx import Client
from sqlmodel import Session

from channels.forms import router as forms
from crm_core.authz import system
from crm_core.consents import service as consents
from crm_core.consents.models import Purpose
from crm_core.preferences import service as preferences
from crm_core.preferences.service import Known
from crm_core.questionnaires import links, publishing
from tests.crm_core.questionnaires.welcome import AGREEMENT, a_questionnaire
from tests.factories import a_customer
from tests.serving import served


@pytest.fixture
def client(session: Session) -> Iterator[Client]:
    app = FastAPI()
    app.include_router(forms.router())
    with served(app) as url, Client(base_url=url) as made:
        yield made


@pytest.fixture
def known(session: Session) -> tuple[str, "Now"]:
    a_questionnaire(session, agreement=AGREEMENT)
    customer = a_customer(session, "林晓月", phone="+8613812345678")
    return links.token(customer.id, "welcome"), Now(session, customer.id)


class Now:
    """What holds of the customer at the moment."""

    def __init__(self, session: Session, customer_id: int) -> None:
        self.session, self.customer_id = session, customer_id

    def preferences(self) -> Known:
        self.session.rollback()
        return preferences.current(self.session, system("test"), self.customer_id)

    def agrees(self) -> bool:
        self.session.rollback()
        return consents.holds(self.session, self.customer_id, Purpose.MARKETING)


def test_the_form_asks_the_questions_and_tells_nothing_of_the_customer(
    client: Client, known: tuple[str, Now]
) -> None:
    page = client.get(f"/q/{known[0]}")
    assert page.status_code == 200
    for words in ("认识一下", "上衣平时穿什么码？（必填）", AGREEMENT["wording"], "法式"):
        assert words in page.text
    assert "林晓月" not in page.text
    assert page.headers["cache-control"] == "no-store"
    assert "default-src 'none'" in page.headers["content-security-policy"]


def test_what_is_sent_is_entered_with_the_consent(client: Client, known: tuple[str, Now]) -> None:
    token, now = known
    answers = {"consent": "同意", "size": "m", "style": ["法式", "通勤"]}
    page = client.post(f"/q/{token}", data=answers)
    assert page.status_code == 200
    assert "备好您的码" in page.text
    assert (now.preferences().sizes, now.agrees()) == ({"上装": "M"}, True)
    assert now.preferences().styles == ["法式", "通勤"]


def test_a_bad_answer_comes_back_with_why_and_nothing_is_kept(
    client: Client, known: tuple[str, Now]
) -> None:
    token, now = known
    answers = {"consent": "同意", "size": "<b>9", "style": "法式"}
    page = client.post(f"/q/{token}", data=answers)
    assert page.status_code == 422
    assert "没有「&lt;B&gt;9」这个尺码" in page.text or "没有「&lt;b&gt;9」这个尺码" in page.text
    assert 'value="&lt;b&gt;9"' in page.text
    assert (now.preferences().styles, now.agrees()) == ([], False)


def test_without_the_agreement_nothing_is_taken(client: Client, known: tuple[str, Now]) -> None:
    token, now = known
    page = client.post(f"/q/{token}", data={"consent": "不同意", "size": "M"})
    assert page.status_code == 422
    assert "要先同意" in page.text
    assert now.preferences().sizes == {}


def test_sending_it_twice_enters_once(client: Client, known: tuple[str, Now]) -> None:
    token, now = known
    for size in ("M", "L"):
        client.post(f"/q/{token}", data={"consent": "同意", "size": size})
    assert now.preferences().sizes == {"上装": "M"}


def test_a_forged_or_closed_link_opens_nothing(
    client: Client, known: tuple[str, Now], session: Session
) -> None:
    token, _ = known
    assert client.get(f"/q/{token}x").status_code == 404
    publishing.close(session, system("test"), "welcome")
    session.commit()
    assert client.get(f"/q/{token}").status_code == 404
    assert client.post(f"/q/{token}", data={"size": "M"}).status_code == 404


@pytest.mark.parametrize(
    ("body", "status"), [(b"x" * 70_000, 413), (b"\xff\xfe=1", 400), (b"a=1&" * 300, 400)]
)
def test_what_is_no_form_is_refused(
    client: Client, known: tuple[str, Now], body: bytes, status: int
) -> None:
    assert client.post(f"/q/{known[0]}", content=body).status_code == status
