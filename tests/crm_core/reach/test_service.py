from datetime import timedelta

import pytest
from sqlmodel import Session

from crm_core.authz import system
from crm_core.clock import now, set_to
from crm_core.consents import service as consents
from crm_core.consents.models import Purpose
from crm_core.customers import service as customers
from crm_core.customers.models import Customer, IdentityKind
from crm_core.inbound import service as inbound
from crm_core.outbox import service as outbox
from crm_core.outbox.models import OutboundState
from crm_core.reach import service as reach
from crm_core.reach.service import Way, WhyNot
from tests.factories import OA_APPID, a_customer

PHONE = "+8613812345678"


def agreeing(session: Session, *, openid: str | None = "o1", phone: str | None = None) -> Customer:
    customer = a_customer(session, phone=phone, openid=openid)
    for purpose in (Purpose.MARKETING, Purpose.SURVEY):
        consents.record(
            session, system("test"), customer.id, purpose, granted=True, wording="同意",
            channel="oa", ref="c1",
        )  # fmt: skip
    return customer


def writes(session: Session, openid: str = "o1", kind: str = "text") -> None:
    sender = inbound.Sender(IdentityKind.OA_OPENID, openid)
    inbound.receive(
        session, inbound.Message("oa", OA_APPID, f"{now()}", sender, kind, now(), "你好")
    )
    session.flush()


def gets_a_message(session: Session, customer: Customer, number: int) -> None:
    to = outbox.Recipient("oa", "o1", customer_id=customer.id)
    row = outbox.queue(
        session, to, outbox.Content("text", {"text": "…"}), key=f"k{number}", purpose="reply"
    )
    row.state = OutboundState.SENT
    session.flush()


def stops_following(session: Session, customer: Customer) -> None:
    customers.set_following(session, customer.id, IdentityKind.OA_OPENID, OA_APPID, following=False)


class TestCustomerServiceMessage:
    @pytest.mark.every_database
    def test_within_48_hours_of_what_they_wrote(self, session: Session) -> None:
        customer = agreeing(session, phone=PHONE)
        writes(session)
        assert reach.way(session, customer.id) == Way("oa", "o1")
        set_to(now() + timedelta(hours=48))
        assert reach.way(session, customer.id) == Way("sms", PHONE)

    def test_five_of_them(self, session: Session) -> None:
        customer = agreeing(session)
        writes(session)
        for number in range(5):
            assert reach.way(session, customer.id) == Way("oa", "o1")
            gets_a_message(session, customer, number)
        assert reach.find(session, customer.id, purpose=Purpose.SURVEY) is WhyNot.BUDGET_USED
        set_to(now() + timedelta(seconds=1))
        writes(session)
        assert reach.way(session, customer.id) == Way("oa", "o1")

    @pytest.mark.parametrize("kind", ["subscribe", "click", "scan", "view"])
    def test_a_click_opens_no_window_to_count_on(self, session: Session, kind: str) -> None:
        customer = agreeing(session)
        writes(session, kind=kind)
        assert reach.find(session, customer.id, purpose=Purpose.SURVEY) is WhyNot.WINDOW_CLOSED

    def test_not_to_somebody_who_left(self, session: Session) -> None:
        customer = agreeing(session)
        writes(session)
        stops_following(session, customer)
        assert reach.find(session, customer.id, purpose=Purpose.SURVEY) is WhyNot.NOT_FOLLOWING


class TestMassSend:
    def test_outside_the_window(self, session: Session) -> None:
        customer = agreeing(session, phone=PHONE)
        found = reach.find(session, customer.id, purpose=Purpose.MARKETING, mass_left=True)
        assert found == Way("oa_mass", "o1")

    def test_used_up_it_is_a_text_message(self, session: Session) -> None:
        customer = agreeing(session, phone=PHONE)
        found = reach.find(session, customer.id, purpose=Purpose.MARKETING, mass_left=False)
        assert found == Way("sms", PHONE)

    def test_used_up_and_no_phone(self, session: Session) -> None:
        customer = agreeing(session)
        found = reach.find(session, customer.id, purpose=Purpose.MARKETING, mass_left=False)
        assert found is WhyNot.BUDGET_USED


class TestNobody:
    def test_without_consent(self, session: Session) -> None:
        customer = a_customer(session, phone=PHONE, openid="o1")
        assert reach.find(session, customer.id, purpose=Purpose.MARKETING) is WhyNot.NO_CONSENT
        assert reach.way(session, customer.id) is None

    def test_without_an_address(self, session: Session) -> None:
        customer = agreeing(session, openid=None)
        assert reach.find(session, customer.id, purpose=Purpose.MARKETING) is WhyNot.NO_ADDRESS


def test_the_openids_of_many(session: Session) -> None:
    several = [agreeing(session, openid=f"o{number}") for number in range(3)]
    stops_following(session, several[1])
    ids = [customer.id for customer in several]
    assert reach.openids(session, ids) == {ids[0]: "o0", ids[2]: "o2"}
