from collections.abc import Iterable
from typing import Any

import pytest
from sqlmodel import Session, select

from crm_core.authz import Forbidden, system
from crm_core.consents import service as consents
from crm_core.consents.models import Purpose
from crm_core.customers.models import Customer
from crm_core.fields import service as fields
from crm_core.preferences import service as preferences
from crm_core.questionnaires import publishing, service
from crm_core.questionnaires.definition import BadQuestionnaire
from crm_core.questionnaires.models import Sheet, SheetState
from crm_core.questionnaires.publishing import QuestionnaireNotFound
from crm_core.questionnaires.service import NothingAsked, Step
from crm_core.validation.errors import BadEntries
from tests.crm_core.fields.fields import a_field
from tests.crm_core.questionnaires.welcome import AGREEMENT, WELCOME, a_questionnaire
from tests.crm_core.shop import Shop
from tests.factories import a_customer, acting, themselves


def begin(session: Session, customer: Customer, ref: str = "b1") -> Step:
    return service.begin(session, themselves(customer), customer.id, "welcome", ref=ref)


def say(session: Session, customer: Customer, said: str, ref: str) -> Step:
    return service.answer(session, themselves(customer), customer.id, said, ref=ref)


def say_all(session: Session, customer: Customer, words: Iterable[str]) -> Step:
    return [say(session, customer, said, f"a{n}") for n, said in enumerate(words)][-1]


def submit(session: Session, customer: Customer, ref: str = "link:1", **answers: str) -> list[str]:
    return service.submit(
        session, themselves(customer), customer.id, "welcome", answers, source="link", ref=ref
    ).warnings


def known(session: Session, customer: Customer) -> tuple[dict[str, str], list[str], list[str]]:
    now = preferences.current(session, themselves(customer), customer.id)
    own = [value for _, value in fields.held(session, customer.id)]
    return now.sizes, now.styles, own


NOTHING: tuple[dict[str, str], list[str], list[str]] = ({}, [], [])


class TestPublish:
    @pytest.mark.parametrize(
        "changed",
        [
            {"questions": []},
            {"title": ""},
            {"script": "alert(1)"},
            {"questions": [{"name": "a", "field": "nowhere", "text": "?"}]},
            {"questions": [{"name": "consent", "field": "style", "text": "?"}]},
            {"questions": [{"name": "a", "field": "style", "text": "?"}] * 2},
            {"agreement": {"purpose": "anything", "wording": "好"}},
        ],
    )
    def test_what_is_no_questionnaire_is_refused(
        self, session: Session, changed: dict[str, Any]
    ) -> None:
        with pytest.raises(BadQuestionnaire):
            a_questionnaire(session, **changed)

    def test_a_change_is_a_new_version_and_the_same_again_is_none(self, session: Session) -> None:
        assert a_questionnaire(session).version == 1
        assert a_questionnaire(session).version == 1
        assert a_questionnaire(session, title="再认识一下").version == 2
        assert publishing.current(session, "welcome").title == "再认识一下"

    def test_a_closed_one_asks_nobody(self, session: Session) -> None:
        a_questionnaire(session)
        publishing.close(session, system("test"), "welcome")
        with pytest.raises(QuestionnaireNotFound):
            begin(session, a_customer(session))

    def test_staff_publish_nothing(self, session: Session, shop: Shop) -> None:
        with pytest.raises(Forbidden):
            publishing.publish(session, acting(shop.manager), "welcome", WELCOME, ref="r1")


class TestChat:
    @pytest.mark.every_database
    def test_one_question_after_the_other_then_all_is_entered(self, session: Session) -> None:
        a_questionnaire(session)
        customer = a_customer(session)
        step = begin(session, customer)
        assert step.asked is not None
        assert step.asked.text == "上衣平时穿什么码？"
        step = say(session, customer, "M", "a1")
        assert step.asked is not None
        assert step.asked.options == ("法式", "通勤")
        say(session, customer, "法式", "a2")
        assert known(session, customer) == NOTHING
        step = say(session, customer, "2027-05-20", "a3")
        session.commit()
        assert (step.asked, step.thanks) == (None, WELCOME["thanks"])
        assert known(session, customer) == ({"上装": "M"}, ["法式"], ["2027-05-20"])

    def test_a_bad_answer_is_asked_again(self, session: Session) -> None:
        a_questionnaire(session)
        customer = a_customer(session)
        begin(session, customer)
        with pytest.raises(
            BadEntries, check=lambda error: "没有「999」" in str(error.values["sentence"])
        ):
            say(session, customer, "999", "a1")
        step = service.current(session, themselves(customer), customer.id)
        assert step.asked is not None
        assert step.asked.name == "size"

    def test_an_optional_question_can_be_skipped_a_required_one_not(self, session: Session) -> None:
        a_questionnaire(session)
        customer = a_customer(session)
        begin(session, customer)
        with pytest.raises(BadEntries):
            say(session, customer, "跳过", "a0")
        say_all(session, customer, ["M", "跳过", "跳过"])
        assert known(session, customer) == ({"上装": "M"}, [], [])

    def test_a_message_delivered_twice_answers_one_question(self, session: Session) -> None:
        a_questionnaire(session)
        customer = a_customer(session)
        begin(session, customer)
        first = say(session, customer, "M", "a1")
        assert say(session, customer, "M", "a1") == first

    def test_beginning_again_drops_what_was_open(self, session: Session) -> None:
        a_questionnaire(session)
        customer = a_customer(session)
        begin(session, customer)
        say(session, customer, "M", "a1")
        step = begin(session, customer, "b2")
        assert step.asked is not None
        assert step.asked.name == "size"
        states = session.exec(select(Sheet.state).order_by(Sheet.ref)).all()
        assert states == [SheetState.DROPPED, SheetState.OPEN]

    def test_nothing_is_answered_where_nothing_was_asked(self, session: Session) -> None:
        with pytest.raises(NothingAsked):
            say(session, a_customer(session), "M", "a1")

    def test_the_agreement_comes_first_and_lets_fields_be_filled(self, session: Session) -> None:
        a_field(session)
        a_questionnaire(session, agreement=AGREEMENT)
        a_field(session, consent="marketing")
        customer = a_customer(session)
        step = begin(session, customer)
        assert step.asked is not None
        assert step.asked.text == AGREEMENT["wording"]
        with pytest.raises(BadEntries):
            say(session, customer, "不同意", "a0")
        say_all(session, customer, ["同意", "M", "跳过", "2027-05-20"])
        said = consents.latest(session, customer.id, Purpose.MARKETING)
        assert said is not None
        assert (said.granted, said.wording, said.channel) == (True, AGREEMENT["wording"], "chat")
        assert known(session, customer)[2] == ["2027-05-20"]


class TestSubmit:
    @pytest.mark.every_database
    def test_all_answers_are_entered_at_once(self, session: Session) -> None:
        a_questionnaire(session)
        customer = a_customer(session)
        submit(session, customer, size="M", style="法式、通勤", other="x")
        session.commit()
        assert known(session, customer) == ({"上装": "M"}, ["法式", "通勤"], [])

    @pytest.mark.every_database
    def test_one_bad_answer_keeps_all_of_them_out(self, session: Session) -> None:
        a_questionnaire(session)
        customer = a_customer(session)
        for answers in ({"size": "M", "wedding": "someday"}, {"style": "法式"}):
            with pytest.raises(BadEntries):
                submit(session, customer, **answers)
        session.commit()
        assert known(session, customer) == NOTHING
        assert session.exec(select(Sheet)).all() == []

    def test_the_same_form_sent_twice_is_entered_once(self, session: Session) -> None:
        a_questionnaire(session)
        customer = a_customer(session)
        submit(session, customer, size="M")
        submit(session, customer, size="L")
        assert known(session, customer)[0] == {"上装": "M"}

    def test_an_assistant_fills_it_in_without_agreeing_for_the_customer(
        self, session: Session, shop: Shop
    ) -> None:
        a_questionnaire(session, agreement=AGREEMENT)
        actor = acting(shop.assistant)
        service.submit(
            session, actor, shop.customer.id, "welcome", {"size": "M", "consent": "同意"},
            source="assistant", ref="r1",
        )  # fmt: skip
        assert consents.latest(session, shop.customer.id, Purpose.MARKETING) is None
        assert preferences.current(session, actor, shop.customer.id).sizes == {"上装": "M"}
