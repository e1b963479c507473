import pytest
from sqlmodel import Session, select

from crm_core.authz import Forbidden
from crm_core.consents import service as consents
from crm_core.consents.models import Consent, Purpose
from crm_core.customers.models import Customer
from tests.factories import a_customer, a_staff, acting, themselves


def say(session: Session, customer: Customer, purpose: Purpose, granted: bool, ref: str) -> Consent:
    return consents.record(
        session, themselves(customer), customer.id, purpose, granted=granted,
        wording=f"words of {ref}", channel="oa", ref=ref,
    )  # fmt: skip


class TestHolds:
    def test_nothing_said_is_nothing_granted(self, session: Session) -> None:
        customer = a_customer(session)
        assert not any(consents.holds(session, customer.id, purpose) for purpose in Purpose)

    @pytest.mark.every_database
    def test_the_latest_word_holds(self, session: Session) -> None:
        customer = a_customer(session)
        for number, granted in enumerate([True, False, True, False]):
            say(session, customer, Purpose.MARKETING, granted, f"r{number}")
            assert consents.holds(session, customer.id, Purpose.MARKETING) is granted

    def test_surveys_come_with_membership_and_can_be_withdrawn_alone(
        self, session: Session
    ) -> None:
        customer = a_customer(session)
        say(session, customer, Purpose.MEMBERSHIP, True, "r1")
        assert consents.holds(session, customer.id, Purpose.SURVEY)
        say(session, customer, Purpose.SURVEY, False, "r2")
        assert not consents.holds(session, customer.id, Purpose.SURVEY)
        assert consents.holds(session, customer.id, Purpose.MEMBERSHIP)


class TestRecord:
    def test_keeps_the_words_and_the_channel(self, session: Session) -> None:
        customer = a_customer(session)
        say(session, customer, Purpose.MEMBERSHIP, True, "r1")
        row = consents.latest(session, customer.id, Purpose.MEMBERSHIP)
        assert row is not None
        assert (row.wording, row.channel) == ("words of r1", "oa")

    def test_a_repeated_ref_keeps_one_row(self, session: Session) -> None:
        customer = a_customer(session)
        first = say(session, customer, Purpose.MARKETING, True, "r1")
        assert say(session, customer, Purpose.MARKETING, True, "r1") == first
        assert session.exec(select(Consent)).all() == [first]

    def test_nobody_else_consents_for_a_customer(self, session: Session) -> None:
        assistant = a_staff(session)
        customer = a_customer(session, assistant=assistant)
        with pytest.raises(Forbidden):
            consents.record(
                session, acting(assistant), customer.id, Purpose.MARKETING, granted=True,
                wording="", channel="wecom", ref="r1",
            )  # fmt: skip


class TestUndo:
    def test_says_again_what_held_before(self, session: Session) -> None:
        customer = a_customer(session)
        say(session, customer, Purpose.MARKETING, True, "r1")
        say(session, customer, Purpose.MARKETING, False, "r2")
        [restored] = consents.undo(session, themselves(customer), customer.id, "r2")
        assert (restored.granted, restored.wording) == (True, "words of r1")
        assert consents.holds(session, customer.id, Purpose.MARKETING)

    def test_the_first_word_is_taken_back_to_what_came_with_membership(
        self, session: Session
    ) -> None:
        customer = a_customer(session)
        say(session, customer, Purpose.MEMBERSHIP, True, "r1")
        say(session, customer, Purpose.SURVEY, False, "r2")
        consents.undo(session, themselves(customer), customer.id, "r2")
        assert consents.holds(session, customer.id, Purpose.SURVEY)

    def test_a_first_grant_is_taken_back_to_nothing(self, session: Session) -> None:
        customer = a_customer(session)
        say(session, customer, Purpose.MARKETING, True, "r1")
        consents.undo(session, themselves(customer), customer.id, "r1")
        assert not consents.holds(session, customer.id, Purpose.MARKETING)

    def test_repeated_changes_nothing_more(self, session: Session) -> None:
        customer = a_customer(session)
        say(session, customer, Purpose.MARKETING, True, "r1")
        first = consents.undo(session, themselves(customer), customer.id, "r1")
        assert consents.undo(session, themselves(customer), customer.id, "r1") == first

    def test_what_was_said_since_stays(self, session: Session) -> None:
        customer = a_customer(session)
        say(session, customer, Purpose.MARKETING, False, "r1")
        say(session, customer, Purpose.MARKETING, True, "r2")
        assert consents.undo(session, themselves(customer), customer.id, "r1") == []
        assert consents.holds(session, customer.id, Purpose.MARKETING)


class TestByChannel:
    def say(
        self, session: Session, customer: Customer, via: str, granted: bool, ref: str
    ) -> Consent:
        return consents.record(
            session, themselves(customer), customer.id, Purpose.MARKETING, granted=granted,
            wording=f"words of {ref}", channel="oa", via=via, ref=ref,
        )  # fmt: skip

    def held(self, session: Session, customer: Customer) -> list[bool]:
        return [
            consents.holds(session, customer.id, Purpose.MARKETING, via=via)
            for via in ("", "oa", "sms")
        ]

    @pytest.mark.every_database
    def test_one_channel_can_be_withdrawn_alone(self, session: Session) -> None:
        customer = a_customer(session)
        self.say(session, customer, "", True, "r1")
        self.say(session, customer, "sms", False, "r2")
        assert self.held(session, customer) == [True, True, False]

    def test_withdrawing_all_withdraws_each(self, session: Session) -> None:
        customer = a_customer(session)
        self.say(session, customer, "sms", True, "r1")
        assert self.held(session, customer) == [False, False, True]
        self.say(session, customer, "", False, "r2")
        assert self.held(session, customer) == [False, False, False]

    def test_one_message_can_speak_of_several_channels(self, session: Session) -> None:
        customer = a_customer(session)
        for via in ("oa", "sms"):
            self.say(session, customer, via, True, "r1")
        assert self.held(session, customer) == [False, True, True]
        consents.undo(session, themselves(customer), customer.id, "r1")
        assert self.held(session, customer) == [False, False, False]

    def test_the_history_says_who_wrote_it_down_and_in_which_words(self, session: Session) -> None:
        customer = a_customer(session)
        self.say(session, customer, "", True, "r1")
        self.say(session, customer, "sms", False, "r2")
        rows = consents.history(session, themselves(customer), customer.id)
        assert [(row.via, row.granted, row.wording, row.source) for row in rows] == [
            ("sms", False, "words of r2", f"customer:{customer.id}"),
            ("", True, "words of r1", f"customer:{customer.id}"),
        ]
