"""After erasing somebody the whole database is looked through, raw and decrypted."""

from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import text
from sqlmodel import Session, SQLModel, select

from crm_core import clock, queues
from crm_core.alerts.models import Alert, Step
from crm_core.authz import Forbidden, system
from crm_core.campaigns import jobs as campaign_jobs
from crm_core.campaigns import service as campaigns
from crm_core.consents import service as consents
from crm_core.consents.models import Purpose
from crm_core.conversations import service as conversations
from crm_core.customers import claims
from crm_core.customers import service as customers
from crm_core.customers.models import Customer, IdentityKind
from crm_core.desk import service as desk
from crm_core.erasing import service as erasing
from crm_core.follow_ups import jobs as follow_up_jobs
from crm_core.follow_ups import service as follow_ups
from crm_core.merging import binding
from crm_core.orders.models import Order
from crm_core.outbox import service as outbox
from crm_core.outbox.models import Outbound, OutboundState
from crm_core.points import service as points
from crm_core.preferences import service as preferences
from crm_core.preferences.models import PreferenceKind
from crm_core.ratings import service as ratings
from crm_core.ratings.models import Aspect
from crm_core.tickets import service as tickets
from tests.actions.talk import a_message
from tests.crm_core.shop import Shop
from tests.factories import OA_APPID, a_customer, acting, an_order, themselves

HEADQUARTERS = system("test")
NAME, PHONE, OPENID, CARD = "林晓月", "+8613812345678", "oLin", "VIP0012345"
ANGRY = "试衣服的时候一直没人理我"
TRACES = (NAME, PHONE, "13812345678", "138****5678", OPENID, CARD, ANGRY, "怕冷怕热", "尾号5678")


def everything(session: Session) -> Iterator[str]:
    """Every value of every row, decrypted where it is encrypted."""
    for table in SQLModel.metadata.sorted_tables:
        for row in session.connection().execute(table.select()):
            yield from (f"{table.name}: {value}" for value in row if value is not None)


def raw(session: Session) -> Iterator[bytes]:
    """Every value of every row as the database keeps it."""
    quote = session.connection().dialect.identifier_preparer.quote
    for table in SQLModel.metadata.sorted_tables:
        for row in session.connection().execute(text(f"SELECT * FROM {quote(table.name)}")):
            yield from (_bytes(value) for value in row)


def _bytes(value: Any) -> bytes:
    return bytes(value) if isinstance(value, bytes | memoryview) else str(value).encode()


def found(session: Session) -> list[str]:
    session.expire_all()
    return [value for value in everything(session) if any(trace in value for trace in TRACES)]


@pytest.fixture
def customer(session: Session, shop: Shop) -> Customer:
    """A customer of whom there is something in every corner."""
    made = shop.customer
    actor, assistant, manager = themselves(made), acting(shop.assistant), acting(shop.manager)
    for number, claim in enumerate((claims.phone(PHONE), claims.card(CARD))):
        binding.bind(session, actor, made.id, claim, ref=f"bind{number}")
    for purpose in Purpose:
        consents.record(
            session, actor, made.id, purpose, granted=True, wording="…", channel="oa", ref="yes"
        )
    order = an_order(session, made, served_by=shop.assistant)
    a_message(session, made, f"我是{NAME}，电话 13812345678")
    ratings.rate(
        session, actor, made.id, [ratings.Score(Aspect.SERVICE, 1)], words=ANGRY, ref="rated"
    )
    alert = session.exec(select(Alert)).one()
    desk.handle(session, manager, alert.id, Step.ACCEPT, note=f"给{NAME}回电 13812345678", ref="a")
    tickets.open_(session, actor, made.id, tickets.Case(f"{ANGRY}，{NAME}"), ref="t")
    noted = {(PreferenceKind.NOTE, ""): "怕冷怕热"}
    preferences.change(session, assistant, made.id, noted, ref="p")
    what = f"给{NAME}打电话"
    follow_ups.schedule(session, assistant, made.id, what, clock.today(), ref="f")
    session.commit()
    _talked_about(session, shop)
    _pushed(session, made)
    assert order.customer_id == made.id
    return made


def _talked_about(session: Session, shop: Shop) -> None:
    """What staff wrote, were sent and were told."""
    row = a_message(session, shop.assistant, f"{NAME}上次买的大衣什么码")
    assert row
    kept = conversations.of_staff(session, shop.assistant.id)
    state = {"events": [{"name": "options", "value": [{"title": f"{NAME} 尾号5678"}]}]}
    conversations.keep_state(session, kept.id, state)
    session.commit()
    follow_up_jobs.remind_due()
    session.rollback()


def _pushed(session: Session, made: Customer) -> None:
    """A mass send to several."""
    others = [a_customer(session, "赵敏", openid=f"oOther{number}") for number in range(2)]
    for other in others:
        consents.record(
            session, HEADQUARTERS, other.id, Purpose.MARKETING,
            granted=True, wording="…", channel="oa", ref="yes",
        )  # fmt: skip
    ids = [made.id, *(other.id for other in others)]
    campaign = campaigns.send_to(session, HEADQUARTERS, ids, "上新", key="k")
    session.commit()
    campaign_jobs.dispatch(campaign.id)
    mass = outbox.Recipient("oa_mass")
    content = outbox.Content("text", {"openids": [OPENID, "oOther0"], "text": "上新"})
    outbox.queue(session, mass, content, key="mass", purpose="push", lane=queues.BULK)
    session.commit()


@pytest.mark.every_database
def test_nothing_says_any_more_who_it_was(session: Session, customer: Customer) -> None:
    tables = {value.partition(":")[0] for value in found(session)}
    assert tables >= {"customer", "identity", "inbound", "outbound", "alert", "alert_step",
                      "ticket", "rating", "timeline_event", "conversation", "follow_up",
                      "preference"}  # fmt: skip
    assert not [value for value in raw(session) if any(t.encode() in value for t in TRACES)]
    erasing.erase(session, HEADQUARTERS, customer.id, ref="e")
    session.commit()
    assert found(session) == []
    assert not [value for value in raw(session) if any(t.encode() in value for t in TRACES)]


def test_what_happened_stays_of_nobody(session: Session, customer: Customer) -> None:
    rewarded = points.standing(session, HEADQUARTERS, customer.id)
    erasing.erase(session, themselves(customer), customer.id, ref="e")
    session.commit()
    assert points.standing(session, HEADQUARTERS, customer.id) == rewarded
    assert session.exec(select(Order.total_fen)).one() == 159900
    kept = session.get_one(Customer, customer.id)
    assert (kept.name, kept.phone, kept.member_since, kept.assistant_id) == (None,) * 4
    assert kept.store_id is not None
    assert not any(consents.holds(session, customer.id, purpose) for purpose in Purpose)


def test_others_keep_what_is_theirs(session: Session, customer: Customer) -> None:
    namesake = a_customer(session, NAME, phone="+8613900001234", openid="oNamesake")
    a_message(session, namesake, f"我也叫{NAME}")
    erasing.erase(session, HEADQUARTERS, customer.id, ref="e")
    session.commit()
    session.expire_all()
    assert session.get_one(Customer, namesake.id).name == NAME
    assert any(NAME in value for value in everything(session) if value.startswith("inbound"))
    mass = session.exec(select(Outbound).where(Outbound.key == "mass")).one()
    assert mass.payload["openids"] == ["***", "oOther0"]


def test_what_was_to_be_sent_to_them_is_not(session: Session, customer: Customer) -> None:
    to = outbox.Recipient("sms", PHONE, customer_id=customer.id)
    row = outbox.queue(
        session, to, outbox.Content("text", {"text": "您好"}), key="later", purpose="push"
    )
    erasing.erase(session, HEADQUARTERS, customer.id, ref="e")
    session.commit()
    session.refresh(row)
    assert (row.state, row.address) == (OutboundState.FAILED, None)


def test_who_comes_back_is_somebody_new(session: Session, customer: Customer) -> None:
    for number in range(2):
        erasing.erase(session, HEADQUARTERS, customer.id, ref=f"e{number}")
    session.commit()
    again, is_new = customers.arrive(
        session, IdentityKind.OA_OPENID, OPENID, account=OA_APPID, source="oa"
    )
    assert (is_new, again.id == customer.id) == (True, False)


def test_only_oneself_and_headquarters(session: Session, customer: Customer, shop: Shop) -> None:
    for other in (acting(shop.assistant), acting(shop.manager), themselves(a_customer(session))):
        with pytest.raises(Forbidden):
            erasing.erase(session, other, customer.id, ref="e")
