import pytest
from sqlmodel import Session, col, select

from actions.base import CrmAction
from actions.consent import (
    AnswerMarketing,
    AskMarketing,
    MarketingForm,
    Resubscribe,
    Unsubscribe,
)
from actions.undo import UndoChange
from crm_core.authz import system
from crm_core.consents import service as consents
from crm_core.consents.models import Consent, Purpose
from crm_core.customers.models import Customer
from crm_core.rules import service as rules
from tests.actions.talk import Said, a_message, say
from tests.factories import a_customer, a_staff

MARKETING, SURVEY = Purpose.MARKETING, Purpose.SURVEY


def tell(session: Session, action: type[CrmAction], customer: Customer, text: str = "") -> Said:
    return say(action, a_message(session, customer), text=text)


def holds(session: Session, customer: Customer, purpose: Purpose = MARKETING) -> bool:
    session.expire_all()
    return consents.holds(session, customer.id, purpose)


def rows(session: Session) -> list[Consent]:
    session.expire_all()
    return list(session.exec(select(Consent).order_by(col(Consent.id))))


class TestUnsubscribing:
    def test_takes_effect_at_once(self, session: Session) -> None:
        customer = a_customer(session)
        tell(session, Resubscribe, customer, "恢复推送")
        said = tell(session, Unsubscribe, customer, "退订")
        assert said.names == ["utter_unsubscribed_all"]
        assert not holds(session, customer)

    def test_a_bare_one_stops_surveys_too(self, session: Session) -> None:
        customer = a_customer(session)
        consents.record(
            session, system("test"), customer.id, Purpose.MEMBERSHIP,
            granted=True, wording="…", channel="oa", ref="bound",
        )  # fmt: skip
        session.commit()
        assert holds(session, customer, SURVEY)
        tell(session, Unsubscribe, customer, "退订")
        assert not holds(session, customer, SURVEY)

    @pytest.mark.parametrize("text", ["别再给我推送了", "不要再發廣告了"])
    def test_pushes_are_stopped_alone(self, session: Session, text: str) -> None:
        customer = a_customer(session)
        tell(session, Resubscribe, customer, "恢复回访")
        normal = text.replace("發廣", "发广")
        message = a_message(session, customer)
        said = say(Unsubscribe, message, text=text, normalised=normal)
        assert said.names == ["utter_unsubscribed_marketing"]
        assert holds(session, customer, SURVEY)

    def test_an_objection_is_kept_though_nothing_was_agreed(self, session: Session) -> None:
        customer = a_customer(session)
        tell(session, Unsubscribe, customer, "退订")
        assert [(row.purpose, row.granted) for row in rows(session)] == [
            (MARKETING, False), (SURVEY, False),
        ]  # fmt: skip

    def test_repeated_it_is_polite_and_changes_nothing(self, session: Session) -> None:
        customer = a_customer(session)
        tell(session, Unsubscribe, customer, "退订")
        said = tell(session, Unsubscribe, customer, "退订")
        assert said.names == ["utter_already_unsubscribed_all"]
        assert (len(rows(session)), "undo" in said.slots) == (2, False)

    def test_surveys_are_stopped_alone(self, session: Session) -> None:
        customer = a_customer(session)
        tell(session, Resubscribe, customer, "恢复推送")
        tell(session, Resubscribe, customer, "恢复回访")
        said = tell(session, Unsubscribe, customer, "别给我发满意度调查了")
        assert said.names == ["utter_unsubscribed_survey"]
        assert holds(session, customer)
        assert not holds(session, customer, SURVEY)


class TestResubscribing:
    def test_shows_the_words_and_keeps_them(self, session: Session) -> None:
        customer = a_customer(session)
        said = tell(session, Resubscribe, customer, "恢复推送").only
        [kept] = rows(session)
        assert said["response"] == "utter_resubscribed_marketing"
        assert said["wording"] == kept.wording == rules.get(session, "consent.marketing")
        assert (kept.granted, kept.channel) == (True, "oa")

    def test_repeated_it_changes_nothing(self, session: Session) -> None:
        customer = a_customer(session)
        tell(session, Resubscribe, customer, "恢复推送")
        said = tell(session, Resubscribe, customer, "恢复推送")
        assert said.names == ["utter_already_resubscribed_marketing"]
        assert len(rows(session)) == 1

    def test_the_shops_own_words_are_shown(self, session: Session) -> None:
        rules.put(session, system("test"), "consent.marketing", "同意收消息")
        session.commit()
        said = tell(session, Resubscribe, a_customer(session), "恢复推送")
        assert said.only["wording"] == "同意收消息"

    def test_a_retry_keeps_one_row(self, session: Session) -> None:
        message = a_message(session, a_customer(session))
        for _ in range(2):
            say(Resubscribe, message, text="恢复推送")
        assert len(rows(session)) == 1


class TestUndoing:
    def test_a_slip_is_taken_back(self, session: Session) -> None:
        customer = a_customer(session)
        tell(session, Resubscribe, customer, "恢复推送")
        slots = tell(session, Unsubscribe, customer, "退订").slots
        said = say(UndoChange, a_message(session, customer), slots=slots)
        assert said.names == ["utter_push_on_again"]
        assert holds(session, customer)

    def test_a_first_grant_too(self, session: Session) -> None:
        customer = a_customer(session)
        slots = tell(session, Resubscribe, customer, "恢复推送").slots
        said = say(UndoChange, a_message(session, customer), slots=slots)
        assert said.names == ["utter_push_off_again"]
        assert not holds(session, customer)

    def test_what_was_said_since_stays(self, session: Session) -> None:
        customer = a_customer(session)
        slots = tell(session, Unsubscribe, customer, "别发广告了").slots
        tell(session, Resubscribe, customer, "恢复推送")
        said = say(UndoChange, a_message(session, customer), slots=slots)
        assert said.names == ["utter_nothing_to_undo"]
        assert holds(session, customer)


class TestTheQuestionAfterBinding:
    def test_shows_the_words(self, session: Session) -> None:
        said = say(AskMarketing, a_message(session, a_customer(session)), form="marketing_form")
        assert said.only["wording"] == rules.get(session, "consent.marketing")
        assert said.slots == {"marketing_asked": True}

    def test_is_not_asked_twice(self, session: Session) -> None:
        said = say(
            AskMarketing, a_message(session, a_customer(session)), form="marketing_form",
            slots={"marketing_asked": True},
        )  # fmt: skip
        assert (said.responses, said.then) == ([], "action_listen")

    @pytest.mark.parametrize(
        ("intent", "answer"),
        [
            ("affirm", True),
            ("resubscribe_push", True),
            ("deny", False),
            ("unsubscribe_push", False),
        ],
    )
    def test_yes_and_no(self, session: Session, intent: str, answer: bool) -> None:
        said = say(
            MarketingForm, a_message(session, a_customer(session)), intent=intent,
            form="marketing_form", slots={"requested_slot": "marketing_answer"},
        )  # fmt: skip
        assert said.slots == {"marketing_answer": answer}

    @pytest.mark.parametrize(
        ("intent", "asked"),
        [("affirm", None), ("query_points", "marketing_answer"), ("chitchat", "marketing_answer")],
    )
    def test_what_answered_another_question_is_no_answer(
        self, session: Session, intent: str, asked: str | None
    ) -> None:
        said = say(
            MarketingForm, a_message(session, a_customer(session)), intent=intent,
            form="marketing_form", slots={"requested_slot": asked},
        )  # fmt: skip
        assert said.events == []

    @pytest.mark.parametrize(
        ("answer", "response"),
        [(True, "utter_marketing_welcome"), (False, "utter_marketing_refused")],
    )
    def test_the_answer_is_kept(self, session: Session, answer: bool, response: str) -> None:
        customer = a_customer(session)
        said = say(
            AnswerMarketing, a_message(session, customer), slots={"marketing_answer": answer}
        )
        assert said.names == [response]
        assert [row.granted for row in rows(session)] == [answer]
        assert ("undo" in said.slots) is answer


@pytest.mark.parametrize("action", [Unsubscribe, Resubscribe, AnswerMarketing])
def test_staff_are_refused(session: Session, action: type[CrmAction]) -> None:
    assert say(action, a_message(session, a_staff(session))).names == ["utter_error_forbidden"]
