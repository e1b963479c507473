from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from sqlmodel import Session, select

from crm_core.authz import Forbidden, Permission, Role
from crm_core.campaigns import service as campaigns
from crm_core.campaigns.models import Campaign, PushState
from crm_core.campaigns.service import BadPushText, CampaignConflict, CampaignNotFound
from crm_core.clock import now, set_to
from crm_core.outbox.models import Outbound
from crm_core.segments.service import UnknownSegment
from crm_core.timeline import service as timeline
from crm_core.timeline.models import EventKind
from tests.crm_core.campaigns.audience import (
    OPERATOR,
    TEXT,
    a_phone,
    a_sleeper,
    pushes,
    run_workers,
    send,
)
from tests.factories import a_customer, a_staff, acting


class TestPlan:
    @pytest.mark.every_database
    def test_says_how_many_by_which_channel_and_why_not(self, session: Session) -> None:
        a_sleeper(session, openid="o1", wrote=True)
        for number in (2, 3):
            a_sleeper(session, openid=f"o{number}")
        a_sleeper(session, phone=a_phone())
        a_sleeper(session, phone=a_phone(), agrees=False)
        a_sleeper(session)
        plan = campaigns.plan(session, OPERATOR, "沉睡", TEXT)
        assert plan.total == 6
        assert plan.channels == {"oa": 1, "oa_mass": 2, "sms": 1}
        assert plan.skipped == {"no_consent": 1, "no_address": 1}
        assert session.exec(select(Campaign)).all() == []

    def test_one_follower_is_too_few_for_a_mass_send(self, session: Session) -> None:
        a_sleeper(session, openid="o1")
        plan = campaigns.plan(session, OPERATOR, "沉睡", TEXT)
        assert (plan.channels, plan.skipped) == ({}, {"too_few": 1})

    def test_unless_a_phone_is_known(self, session: Session) -> None:
        a_sleeper(session, openid="o1", phone=a_phone())
        assert campaigns.plan(session, OPERATOR, "沉睡", TEXT).channels == {"sms": 1}

    def test_one_phone_on_two_records_is_one_message(
        self, session: Session, sent: list[Outbound]
    ) -> None:
        phone = a_phone()
        for _ in range(2):
            a_sleeper(session, phone=phone)
        plan = campaigns.plan(session, OPERATOR, "沉睡", TEXT)
        assert (plan.total, plan.channels, plan.skipped) == (2, {"sms": 1}, {"same_address": 1})
        send()
        run_workers()
        assert [row.address for row in sent] == [phone]

    def test_only_for_who_may_send(self, session: Session) -> None:
        with pytest.raises(Forbidden):
            campaigns.plan(session, acting(a_staff(session, role=Role.MANAGER)), "沉睡", TEXT)

    def test_unknown_segment(self, session: Session) -> None:
        with pytest.raises(UnknownSegment):
            campaigns.plan(session, OPERATOR, "土豪", TEXT)

    @pytest.mark.parametrize("text", ["", "  ", "长" * 501])
    def test_a_text_that_cannot_be_sent(self, session: Session, text: str) -> None:
        with pytest.raises(BadPushText):
            campaigns.plan(session, OPERATOR, "沉睡", text)


class TestSend:
    @pytest.mark.every_database
    def test_reaches_each_once_by_a_channel_that_can(
        self, session: Session, sent: list[Outbound]
    ) -> None:
        wrote = a_sleeper(session, openid="o1", wrote=True)
        masses = [a_sleeper(session, openid=f"o{number}") for number in (2, 3)]
        texted = a_sleeper(session, phone=a_phone())
        unasked = a_sleeper(session, phone=a_phone(), agrees=False)
        send()
        assert sent == []
        run_workers()
        by_channel = {row.channel: row for row in sent}
        assert sorted(row.channel for row in sent) == ["oa", "oa_mass", "sms"]
        assert by_channel["oa"].address == "o1"
        assert by_channel["oa_mass"].payload["openids"] == ["o2", "o3"]
        assert len(by_channel["oa_mass"].payload["clientmsgid"].encode()) <= 64
        assert by_channel["sms"].payload["text"] == f"{TEXT}拒收请回复R"
        assert "退订" in by_channel["oa"].payload["text"]
        found = pushes(session)
        reached = [wrote, *masses, texted]
        assert {found[one.id].state for one in reached} == {PushState.SENT}
        skipped = found[unasked.id]
        assert (skipped.state, skipped.reason) == (PushState.SKIPPED, "no_consent")
        for one in reached:
            (event,) = timeline.latest(session, one.id, EventKind.PUSH)
            assert event.data == {"channel": found[one.id].channel, "state": "sent"}

    def test_twice_is_once(self, session: Session, sent: list[Outbound]) -> None:
        customer = a_sleeper(session, phone=a_phone())
        first = send()
        run_workers()
        a_sleeper(session, phone=a_phone())  # joins the segment later
        assert send().id == first.id
        run_workers()
        assert len(sent) == 1
        assert list(pushes(session)) == [customer.id]

    def test_another_day_is_another_campaign(self, session: Session) -> None:
        a_sleeper(session, phone=a_phone())
        first = send()
        set_to(now() + timedelta(days=1))
        assert send().id != first.id

    def test_a_key_means_one_text(self, session: Session) -> None:
        first = send(key="spring")
        assert send(key="spring").id == first.id
        with pytest.raises(CampaignConflict):
            send("别的话", key="spring")

    @pytest.mark.every_database
    def test_twice_at_once_is_once(self, session: Session) -> None:
        for _ in range(3):
            a_sleeper(session, phone=a_phone())
        with ThreadPoolExecutor(4) as threads:
            made = list(threads.map(lambda _: send().id, range(4)))
        assert len(set(made)) == 1
        assert len(pushes(session)) == 3


class TestSendTo:
    def test_an_assistant_writes_to_own_customers(self, session: Session) -> None:
        assistant = a_staff(session)
        own, other = a_customer(session, assistant=assistant), a_customer(session)
        actor = acting(assistant)
        made = campaigns.send_to(
            session,
            actor,
            [own.id, own.id],
            "来投票",
            key="poll:1",
            permission=Permission.POLL_SEND,
        )
        session.commit()
        assert list(pushes(session)) == [own.id]
        assert (made.segment, made.created_by) == ("", actor.name)
        with pytest.raises(Forbidden):
            campaigns.send_to(
                session, actor, [other.id], "来投票", key="poll:2", permission=Permission.POLL_SEND
            )

    def test_not_without_the_right(self, session: Session) -> None:
        with pytest.raises(Forbidden):
            campaigns.send_to(session, acting(a_staff(session)), [], "来投票", key="k")


class TestResults:
    def test_unknown_campaign(self, session: Session) -> None:
        with pytest.raises(CampaignNotFound):
            campaigns.results(session, OPERATOR, 404)

    def test_the_newest_first(self, session: Session) -> None:
        made = [send(key=f"k{number}").id for number in range(3)]
        assert [one.id for one in campaigns.latest(session, OPERATOR, limit=2)] == made[:0:-1]
        assert campaigns.results(session, OPERATOR, made[0], limit=None).unsent == []
