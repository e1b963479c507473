"""A member of staff and a customer talk to each other, each in their own app."""

from collections.abc import Iterator

import pytest
from sqlmodel import Session, select

from app import wiring
from crm_core.alerts import service as alerts
from crm_core.alerts.models import Alert
from crm_core.audit.models import AuditEntry
from crm_core.customers import service as customers
from crm_core.customers.models import Customer
from crm_core.handover import service as handover
from crm_core.outbox import jobs as outbox
from crm_core.outbox.models import Outbound, OutboundState
from crm_core.settings import settings
from crm_core.staff.models import Staff
from tests.channels.oa.conftest import LIN
from tests.channels.stage import Stage
from tests.channels.wecom.conftest import CHEN, on_stage
from tests.factories import a_customer, a_staff, acting, themselves

__all__ = ["on_stage"]

GREETED = "收到：你好"


@pytest.fixture
def held(on_stage: Stage, session: Session) -> Iterator[Customer]:
    """A customer who asked for a person, and whom 陈静 took over."""
    on_stage.register(id=LIN, name="林晓月", openid="oLin")
    on_stage.say(LIN, "你好")
    on_stage.rasa.turns.clear()
    session.rollback()  # sees what the gateway has written
    chen = session.exec(select(Staff).where(Staff.name == "陈静")).one()
    customer = session.exec(select(Customer)).one()
    customers.name_them(session, customer, "林晓月")
    customer.assistant_id, customer.store_id = chen.id, chen.store_id
    handover.request(session, themselves(customer), customer.id, ref="r")
    alert = alerts.hand_over_of(session, customer.id)
    assert alert
    handover.take(session, acting(chen), alert, ref="t")
    session.commit()
    with wiring.plug_in(settings()):
        yield customer


def deliver(session: Session) -> None:
    """What the worker on the urgent queue does."""
    session.rollback()
    pending = select(Outbound.id).where(Outbound.state == OutboundState.PENDING)
    for outbound_id in session.exec(pending).all():
        outbox.deliver(outbound_id)
    session.rollback()


def texts(stage: Stage, persona: str) -> list[str]:
    """What arrived on a phone since the greeting."""
    received = [item for item in stage.phone(persona) if item["direction"] == "received"]
    return [item["text"] for item in received if item["text"] and item["text"] != GREETED]


def test_both_sides_read_each_other(on_stage: Stage, session: Session, held: Customer) -> None:
    on_stage.say(LIN, "大衣有M码吗")
    assert on_stage.shown(CHEN, "回复 有的，给您留一件？") == ["已转给 林**。"]
    deliver(session)
    assert "林**：大衣有M码吗" in texts(on_stage, CHEN)
    assert texts(on_stage, LIN) == ["有的，给您留一件？"]
    assert on_stage.rasa.turns == []


@pytest.mark.parametrize(
    "written", ["回复：您好", "回复:您好", "回复，您好", " 回復 您好 ", "回复\n您好", "回复  您好"]
)
def test_however_it_is_written(
    on_stage: Stage, session: Session, held: Customer, written: str
) -> None:
    on_stage.say(CHEN, written)
    deliver(session)
    assert texts(on_stage, LIN) == ["您好"]


@pytest.mark.parametrize("written", ["林晓月积分多少", "回复率怎么样", "回复", "结束接待以后呢"])
def test_anything_else_is_for_the_bot(
    on_stage: Stage, session: Session, held: Customer, written: str
) -> None:
    assert on_stage.shown(CHEN, written) == [f"收到：{written}"]
    deliver(session)
    assert texts(on_stage, LIN) == []


def test_a_repeat_of_the_platform_is_sent_once(
    on_stage: Stage, session: Session, held: Customer
) -> None:
    for _ in range(3):
        assert on_stage.shown(CHEN, "回复 您好", message_id="m1") == ["已转给 林**。"]
    deliver(session)
    assert texts(on_stage, LIN) == ["您好"]


def test_ending_brings_the_bot_back(on_stage: Stage, session: Session, held: Customer) -> None:
    assert on_stage.shown(LIN, "在吗") == []
    assert on_stage.shown(CHEN, "结束接待") == ["好的，已交还给小助手。"]
    assert on_stage.shown(LIN, "我有多少积分") == ["收到：我有多少积分"]
    deliver(session)
    assert handover.BACK in texts(on_stage, LIN)


@pytest.mark.parametrize("written", ["回复 您好", "结束接待", "结束接待9号"])
def test_who_has_nobody_in_hand_is_told_how(on_stage: Stage, written: str) -> None:
    (answer,) = on_stage.shown(CHEN, written)
    assert "接手" in answer


def test_of_several_it_is_asked_which(on_stage: Stage, session: Session, held: Customer) -> None:
    chen = session.exec(select(Staff).where(Staff.name == "陈静")).one()
    wang = a_customer(session, "王小明", assistant=chen, openid="oWang")
    handover.request(session, themselves(wang), wang.id, ref="r2")
    second = session.exec(select(Alert).where(Alert.customer_id == wang.id)).one()
    handover.take(session, acting(chen), second, ref="t2")
    session.commit()
    (asked,) = on_stage.shown(CHEN, "回复 您好")
    assert f"{second.id}号 王**" in asked
    assert on_stage.shown(CHEN, f"回复{second.id}号 您好") == [f"已转给 {second.id}号 王**。"]
    (unknown,) = on_stage.shown(CHEN, "结束接待999号")
    assert unknown.startswith("您没有在接待这一位")
    on_stage.say(CHEN, f"结束接待{second.id}号")
    assert on_stage.shown(CHEN, "回复 您好") == ["已转给 林**。"]


def test_a_customer_of_somebody_else_by_now_is_refused_and_kept(
    on_stage: Stage, session: Session, held: Customer
) -> None:
    held.assistant_id = a_staff(session, "吴芳").id
    session.add(held)
    session.commit()
    assert on_stage.shown(CHEN, "回复 您好") == ["这位顾客已不归您接待。"]
    session.rollback()
    refused = AuditEntry.action == "conversation:reply", AuditEntry.refused
    assert len(session.exec(select(AuditEntry).where(*refused)).all()) == 1


def test_a_customer_cannot_write_as_staff(on_stage: Stage, held: Customer) -> None:
    on_stage.say(CHEN, "结束接待")
    assert on_stage.shown(LIN, "回复 您好") == ["收到：回复 您好"]


def test_who_left_the_account_cannot_be_written_to(
    on_stage: Stage, session: Session, held: Customer
) -> None:
    on_stage.say(LIN, kind="unsubscribe")
    (answer,) = on_stage.shown(CHEN, "回复 您好")
    assert "已取消关注" in answer
