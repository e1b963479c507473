import pytest
from sqlmodel import Session, col, select

from crm_core.alerts.models import Alert, AlertState
from crm_core.audit.models import AuditEntry
from crm_core.authz import Forbidden, Role
from crm_core.conversations import service as conversations
from crm_core.customers import service as customers
from crm_core.customers.models import Customer, IdentityKind
from crm_core.handover import service as handover
from crm_core.handover import talking
from crm_core.outbox import jobs, ports
from crm_core.outbox.models import Outbound
from crm_core.staff.models import Staff
from crm_core.timeline import service as timeline
from crm_core.timeline.models import EventKind
from tests.actions.talk import a_message
from tests.crm_core.handover.test_service import asked, said_to
from tests.crm_core.shop import Shop
from tests.crm_core.staff_phones import plugged
from tests.factories import a_customer, a_staff, acting


def taken(session: Session, customer: Customer, by: Staff) -> Alert:
    alert = asked(session, customer)
    handover.take(session, acting(by), alert, ref=f"take{alert.id}")
    session.commit()
    return alert


def write(session: Session, by: Staff, words: str, number: int | None = None) -> None:
    us = acting(by)
    alert = talking.one_in_hand(session, us, number)
    talking.reply(session, us, alert, words, ref="inbound:9")
    session.commit()


def another(session: Session, shop: Shop) -> Customer:
    return a_customer(session, "王小明", assistant=shop.assistant, openid="oWang")


class TestReplying:
    def test_goes_to_the_customer_in_the_official_account(
        self, session: Session, shop: Shop
    ) -> None:
        taken(session, shop.customer, shop.assistant)
        write(session, shop.assistant, "您好，我是陈静")
        assert said_to(session, shop.customer) == [("oa", "您好，我是陈静")]

    def test_once(self, session: Session, shop: Shop) -> None:
        taken(session, shop.customer, shop.assistant)
        for _ in range(2):
            write(session, shop.assistant, "您好")
        assert said_to(session, shop.customer) == [("oa", "您好")]
        replied = AuditEntry.action == "conversation:reply"
        assert len(session.exec(select(AuditEntry).where(replied)).all()) == 1

    def test_is_on_the_timeline_without_its_words(self, session: Session, shop: Shop) -> None:
        taken(session, shop.customer, shop.assistant)
        write(session, shop.assistant, "您好")
        said, _ = timeline.latest(session, shop.customer.id, EventKind.HAND_OVER)
        assert said.data == {"by": f"staff:{shop.assistant.id}"}

    def test_needs_a_conversation_in_hand(self, session: Session, shop: Shop) -> None:
        alert = asked(session, shop.customer)
        with pytest.raises(talking.NobodyInHand):  # called, but not taken
            write(session, shop.assistant, "您好")
        handover.take(session, acting(shop.assistant), alert, ref="t")
        with pytest.raises(talking.NobodyInHand):  # somebody else has it
            write(session, shop.manager, "您好")
        handover.end(session, acting(shop.assistant), ref="e")
        with pytest.raises(talking.NobodyInHand):
            write(session, shop.assistant, "您好")

    def test_only_to_a_customer_who_is_still_theirs(self, session: Session, shop: Shop) -> None:
        taken(session, shop.customer, shop.assistant)
        shop.customer.assistant_id = a_staff(session, "吴芳", store=shop.store).id
        session.add(shop.customer)
        with pytest.raises(Forbidden):
            write(session, shop.assistant, "您好")

    def test_not_to_who_has_left_the_account(self, session: Session, shop: Shop) -> None:
        taken(session, shop.customer, shop.assistant)
        customers.set_following(
            session, shop.customer.id, IdentityKind.OA_OPENID, "wx-tests", following=False
        )
        with pytest.raises(talking.OutOfReach):
            write(session, shop.assistant, "您好")


class TestSeveral:
    def test_are_told_apart_by_number(self, session: Session, shop: Shop) -> None:
        wang = another(session, shop)
        taken(session, shop.customer, shop.assistant)
        second = taken(session, wang, shop.assistant)
        write(session, shop.assistant, "您好", second.id)
        assert said_to(session, wang) == [("oa", "您好")]
        assert said_to(session, shop.customer) == []

    def test_are_asked_for_never_guessed(self, session: Session, shop: Shop) -> None:
        first = taken(session, shop.customer, shop.assistant)
        second = taken(session, another(session, shop), shop.assistant)
        with pytest.raises(talking.SeveralInHand) as refused:
            write(session, shop.assistant, "您好")
        assert refused.value.values["customers"] == f"{first.id}号 林**、{second.id}号 王**"

    def test_a_number_that_is_not_theirs_is_nobody(self, session: Session, shop: Shop) -> None:
        alert = taken(session, shop.customer, shop.assistant)
        with pytest.raises(talking.NotInHand):
            write(session, shop.assistant, "您好", alert.id + 1)

    def test_what_they_say_shows_their_number(self, session: Session, shop: Shop) -> None:
        phones = plugged()
        taken(session, shop.customer, shop.assistant)
        wang = another(session, shop)
        second = taken(session, wang, shop.assistant)
        handover.forward(session, a_message(session, wang, "有M码吗"))
        phones.deliver(session)
        assert phones.texts(shop.assistant)[-1] == f"{second.id}号 王**：有M码吗"


class TestEnding:
    def test_gives_the_conversation_back(self, session: Session, shop: Shop) -> None:
        alert = taken(session, shop.customer, shop.assistant)
        for _ in range(2):
            handover.end(session, acting(shop.assistant), ref="e")
        session.commit()
        assert conversations.of_customer(session, shop.customer.id).handed_over_at is None
        assert alert.state is AlertState.CLOSED
        assert said_to(session, shop.customer) == [("oa", handover.BACK)]

    def test_one_of_several(self, session: Session, shop: Shop) -> None:
        first = taken(session, shop.customer, shop.assistant)
        second = taken(session, another(session, shop), shop.assistant)
        handover.end(session, acting(shop.assistant), second.id, ref="e")
        assert [one.id for one in talking.in_hand(session, shop.assistant.id)] == [first.id]


class TestDelivery:
    def test_who_wrote_learns_that_it_did_not_arrive(self, session: Session, shop: Shop) -> None:
        phones = plugged()

        def closed(_: Outbound) -> ports.Receipt:
            raise ports.SendError("45015", permanent=True)

        ports.plug("oa", closed)
        ports.listen(talking.PURPOSE, talking.delivered)
        taken(session, shop.customer, shop.assistant)
        write(session, shop.assistant, "您好")
        self.deliver(session)
        phones.deliver(session)
        assert "您发给 林** 的话没有送到" in phones.texts(shop.assistant)[-1]

    def test_what_arrived_is_not_spoken_of(self, session: Session, shop: Shop) -> None:
        phones = plugged()
        ports.plug("oa", lambda _: ports.Receipt())
        ports.listen(talking.PURPOSE, talking.delivered)
        taken(session, shop.customer, shop.assistant)
        write(session, shop.assistant, "您好")
        self.deliver(session)
        phones.deliver(session)
        assert not any("没有送到" in text for text in phones.texts(shop.assistant))

    def deliver(self, session: Session) -> None:
        for row in session.exec(select(Outbound).where(col(Outbound.channel) == "oa")).all():
            jobs.deliver(row.id)
        session.rollback()


def test_serving_staff_may_talk_to_any_customer(session: Session, shop: Shop) -> None:
    service = a_staff(session, "客服", role=Role.SERVICE)
    taken(session, shop.customer, service)
    write(session, service, "您好")
    assert said_to(session, shop.customer) == [("oa", "您好")]
