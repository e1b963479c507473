from datetime import timedelta

import pytest
from sqlmodel import Session, select

from crm_core import queues
from crm_core.campaigns import jobs, sending
from crm_core.campaigns import service as campaigns
from crm_core.campaigns.models import PushState
from crm_core.clock import now, set_to
from crm_core.db import unit_of_work
from crm_core.outbox import ports
from crm_core.outbox.jobs import sweep
from crm_core.outbox.models import Outbound, OutboundState
from tests.crm_core.campaigns.audience import (
    OPERATOR,
    a_phone,
    a_sleeper,
    agree,
    pushes,
    run_workers,
    send,
    stop_following,
)
from tests.crm_core.campaigns.conftest import PlugIn


class TestDispatch:
    def test_dispatching_twice_queues_once(self, session: Session, sent: list[Outbound]) -> None:
        for number in range(3):
            a_sleeper(session, openid=f"o{number}")
        campaign = send()
        for _ in range(2):
            jobs.dispatch(campaign.id)
        run_workers()
        assert len(sent) == 1

    def test_one_phone_of_two_records_gets_one_message(
        self, session: Session, sent: list[Outbound]
    ) -> None:
        phone = a_phone()
        two = [a_sleeper(session, phone=phone) for _ in range(2)]
        send()
        run_workers()
        assert [row.address for row in sent] == [phone]
        found = pushes(session)
        assert {found[one.id].state for one in two} == {PushState.SENT}

    def test_a_record_found_after_its_phone_was_served_is_sent_too(
        self, session: Session, sent: list[Outbound], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(sending, "_CHUNK", 1)
        phone = a_phone()
        first, second = (a_sleeper(session, phone=phone) for _ in range(2))
        campaign = send()
        with unit_of_work() as work:
            sending.choose_some(work, campaign.id)
        run_workers()
        found = pushes(session)
        assert (found[first.id].state, found[second.id].state) == (PushState.SENT, PushState.SENT)
        assert len(sent) == 1

    def test_many_followers_are_split_evenly(
        self, session: Session, sent: list[Outbound], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(sending, "MOST_AT_ONCE", 4)
        for number in range(5):
            a_sleeper(session, openid=f"o{number}")
        send()
        run_workers()
        assert sorted(len(row.payload["openids"]) for row in sent) == [2, 3]
        got = [openid for row in sent for openid in row.payload["openids"]]
        assert sorted(got) == [f"o{number}" for number in range(5)]

    def test_a_single_follower_gets_a_text_message_or_nothing(
        self, session: Session, sent: list[Outbound]
    ) -> None:
        with_phone = a_sleeper(session, openid="o1", phone=a_phone())
        send()
        run_workers()
        assert [row.channel for row in sent] == ["sms"]
        assert pushes(session)[with_phone.id].channel == "sms"

    def test_a_single_follower_without_a_phone(
        self, session: Session, sent: list[Outbound]
    ) -> None:
        alone = a_sleeper(session, openid="o1")
        send()
        run_workers()
        assert sent == []
        assert pushes(session)[alone.id].reason == "too_few"

    def test_four_mass_sends_a_month(self, session: Session, sent: list[Outbound]) -> None:
        set_to(now().replace(day=10))
        with_phone = a_sleeper(session, openid="o1", phone=a_phone())
        without = a_sleeper(session, openid="o2")
        for number in range(5):
            send(key=f"n{number}")
            run_workers()
        assert [row.channel for row in sent] == ["oa_mass"] * 4 + ["sms"]
        last = pushes(session)
        assert last[with_phone.id].channel == "sms"
        assert last[without.id].reason == "budget_used"
        session.rollback()
        set_to(now() + timedelta(days=31))
        send(key="next month")
        run_workers()
        assert sent[-1].channel == "oa_mass"


class TestWithdrawal:
    def queued(self) -> None:
        """Everything is in the outbox, and nothing has left."""
        campaign = send()
        jobs.dispatch(campaign.id)

    def test_before_a_single_message_leaves(self, session: Session, sent: list[Outbound]) -> None:
        customer = a_sleeper(session, phone=a_phone())
        self.queued()
        agree(session, customer, to_it=False)
        run_workers()
        assert sent == []
        push = pushes(session)[customer.id]
        assert (push.state, push.reason) == (PushState.SKIPPED, "no_consent")

    def test_takes_them_out_of_a_mass_send(self, session: Session, sent: list[Outbound]) -> None:
        three = [a_sleeper(session, openid=f"o{number}") for number in range(3)]
        self.queued()
        agree(session, three[0], to_it=False)
        run_workers()
        assert [row.payload["openids"] for row in sent] == [["o1", "o2"]]
        states = [pushes(session)[one.id].state for one in three]
        assert states == [PushState.SKIPPED, PushState.SENT, PushState.SENT]

    def test_leaves_too_few_for_a_mass_send(self, session: Session, sent: list[Outbound]) -> None:
        leaving, staying = (
            a_sleeper(session, openid=f"o{number}", phone=a_phone()) for number in range(2)
        )
        self.queued()
        agree(session, leaving, to_it=False)
        run_workers()
        assert [(row.channel, row.address) for row in sent] == [("sms", staying.phone)]
        assert pushes(session)[staying.id].state is PushState.SENT

    def test_of_everybody(self, session: Session, sent: list[Outbound]) -> None:
        two = [a_sleeper(session, openid=f"o{number}") for number in range(2)]
        self.queued()
        for one in two:
            agree(session, one, to_it=False)
        run_workers()
        assert sent == []
        assert {push.reason for push in pushes(session).values()} == {"no_consent"}

    def test_unfollowing_meanwhile(self, session: Session, sent: list[Outbound]) -> None:
        gone = a_sleeper(session, openid="o1")
        for number in (2, 3):
            a_sleeper(session, openid=f"o{number}")
        campaign = send()
        with unit_of_work() as work:
            sending.choose_some(work, campaign.id)
        stop_following(session, gone)
        run_workers()
        assert [row.payload["openids"] for row in sent] == [["o2", "o3"]]
        assert pushes(session)[gone.id].reason == "not_following"


class TestOutcome:
    def test_refused_and_unanswered_are_told_apart(self, session: Session, plug_in: PlugIn) -> None:
        phones = [a_phone(), a_phone()]
        refused, cut_off = (a_sleeper(session, phone=phone) for phone in phones)

        def send_badly(row: Outbound) -> ports.Receipt:
            if row.address == phones[0]:
                raise ports.SendError("isv.MOBILE_NUMBER_ILLEGAL", permanent=True)
            raise ports.Unanswered("timeout")

        plug_in(send_badly)
        campaign = send()
        run_workers()
        found = pushes(session)
        assert found[refused.id].state is PushState.FAILED
        assert found[cut_off.id].state is PushState.UNKNOWN
        results = campaigns.results(session, OPERATOR, campaign.id)
        assert results.counts == {("sms", PushState.FAILED): 1, ("sms", PushState.UNKNOWN): 1}
        assert [(one.state, one.reason) for one in results.unsent] == [
            (PushState.FAILED, "isv.MOBILE_NUMBER_ILLEGAL"),
            (PushState.UNKNOWN, "timeout"),
        ]
        assert all(one.customer.startswith("王** 138****") for one in results.unsent)

    def test_a_mass_send_that_was_cut_off_is_repeated_as_it_was(
        self, session: Session, plug_in: PlugIn
    ) -> None:
        two = [a_sleeper(session, openid=f"o{number}") for number in range(2)]
        given: list[list[str]] = []

        def send_twice(row: Outbound) -> ports.Receipt:
            given.append(row.payload["openids"])
            if len(given) == 1:
                raise ports.Unanswered("timeout")
            return ports.Receipt()

        plug_in(send_twice)
        send()
        run_workers()
        agree(session, two[0], to_it=False)
        row = session.exec(select(Outbound)).one()
        assert row.state is OutboundState.PENDING
        session.rollback()
        set_to(now() + timedelta(minutes=1))
        sweep()
        run_workers()
        assert given == [["o0", "o1"], ["o0", "o1"]]
        assert {push.state for push in pushes(session).values()} == {PushState.SENT}


class TestResume:
    def test_goes_on_where_dispatching_was_cut_off(
        self, session: Session, sent: list[Outbound]
    ) -> None:
        a_sleeper(session, phone=a_phone())
        send()
        queues.redis().flushall()  # the courier lost it
        jobs.resume()
        assert queues.get(queues.BULK).is_empty()  # too early to tell
        set_to(now() + timedelta(minutes=2))
        jobs.resume()
        jobs.resume()  # is under way by now
        assert queues.get(queues.BULK).count == 1
        run_workers()
        assert len(sent) == 1
        jobs.resume()
        assert queues.get(queues.BULK).is_empty()
