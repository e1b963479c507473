from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from sqlmodel import Session, col, select

from crm_core import clock
from crm_core.authz import system
from crm_core.consents import service as consents
from crm_core.consents.models import Purpose
from crm_core.customers.models import Customer
from crm_core.orders.returning import NewReturn
from crm_core.outbox import jobs as outbox_jobs
from crm_core.outbox import ports
from crm_core.outbox.models import Outbound
from crm_core.ratings import jobs
from crm_core.ratings.models import Survey, SurveyState
from crm_core.sales import service as sales
from tests.factories import a_customer, an_order

PHONE = "+8613812345678"


def a_member(session: Session, *, phone: str | None = PHONE) -> Customer:
    customer = a_customer(session, phone=phone)
    consents.record(
        session, system("test"), customer.id, Purpose.MEMBERSHIP,
        granted=True, wording="…", channel="oa", ref="bound",
    )  # fmt: skip
    session.commit()
    return customer


def surveys(session: Session) -> list[tuple[SurveyState, str]]:
    session.rollback()
    session.expire_all()
    found = session.exec(select(Survey).order_by(col(Survey.order_id))).all()
    return [(survey.state, survey.reason) for survey in found]


def messages(session: Session) -> list[Outbound]:
    session.rollback()
    return list(session.exec(select(Outbound).where(Outbound.purpose == "survey")))


def test_72_hours_after_a_purchase_its_customer_is_asked_once(session: Session) -> None:
    customer = a_member(session)
    an_order(session, customer, "DD1", hours_ago=72)
    for _ in range(2):
        jobs.send_due_surveys()
    (sent,) = messages(session)
    assert (sent.channel, sent.address, sent.customer_id) == ("sms", PHONE, customer.id)
    assert "1 到 5 分" in sent.payload["text"]
    assert "到公众号里回复" in sent.payload["text"]
    assert sent.payload["text"].endswith("拒收请回复R")
    assert surveys(session) == [(SurveyState.SENT, "")]


@pytest.mark.parametrize("hours", [71.9, (72 + 14 * 24) + 1])
def test_not_before_and_not_much_later(session: Session, hours: float) -> None:
    an_order(session, a_member(session), "DD1", hours_ago=hours)
    jobs.send_due_surveys()
    assert surveys(session) == []


def test_the_moment_comes(session: Session) -> None:
    an_order(session, a_member(session), "DD1", hours_ago=71)
    clock.set_to(clock.now() + timedelta(hours=1))
    jobs.send_due_surveys()
    assert len(messages(session)) == 1


def test_what_was_returned_is_not_asked_about(session: Session) -> None:
    an_order(session, a_member(session), "DD1", hours_ago=80)
    sales.record_return(session, system("test"), NewReturn("DD1"), ref="back")
    session.commit()
    jobs.send_due_surveys()
    assert surveys(session) == []


def test_without_consent_nobody_is_asked_then_or_later(session: Session) -> None:
    customer = a_customer(session, phone=PHONE)
    an_order(session, customer, "DD1", hours_ago=80)
    jobs.send_due_surveys()
    assert surveys(session) == [(SurveyState.SKIPPED, jobs.NO_CONSENT)]
    assert messages(session) == []


def test_who_cannot_be_reached_is_skipped(session: Session) -> None:
    an_order(session, a_member(session, phone=None), "DD1", hours_ago=80)
    jobs.send_due_surveys()
    assert surveys(session) == [(SurveyState.SKIPPED, jobs.NO_WAY)]


@pytest.mark.every_database
def test_two_runs_at_once_ask_once(session: Session) -> None:
    an_order(session, a_member(session), "DD1", hours_ago=80)
    with ThreadPoolExecutor(4) as threads:
        list(threads.map(lambda _: jobs.send_due_surveys(), range(4)))
    assert len(messages(session)) == 1
    assert surveys(session) == [(SurveyState.SENT, "")]


def test_who_withdraws_before_it_leaves_is_not_asked(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent: list[Outbound] = []

    def send(row: Outbound) -> ports.Receipt:
        sent.append(row)
        return ports.Receipt()

    for table in ("_ports", "_guards"):
        monkeypatch.setattr(ports, table, {})
    ports.plug("sms", send)
    ports.watch("survey", jobs.objection)
    customer, stays = a_member(session), a_member(session, phone="+8613900001234")
    an_order(session, customer, "DD1", hours_ago=72)
    an_order(session, stays, "DD2", hours_ago=72)
    jobs.send_due_surveys()
    consents.record(
        session, system("test"), customer.id, Purpose.SURVEY,
        granted=False, wording="…", channel="oa", ref="stop",
    )  # fmt: skip
    session.commit()
    for message in messages(session):
        outbox_jobs.deliver(message.id)
    assert [row.customer_id for row in sent] == [stays.id]
    assert surveys(session) == [(SurveyState.SKIPPED, jobs.NO_CONSENT), (SurveyState.SENT, "")]
