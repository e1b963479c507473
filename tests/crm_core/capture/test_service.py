"""Codes in the shop: by which channel somebody came, and who brought them."""

from typing import Any

import pytest
from sqlmodel import Session, select

from crm_core.authz import Forbidden, Role, system
from crm_core.capture import service as capture
from crm_core.capture.models import Capture, ShopCode
from crm_core.customers.models import Customer, Identity
from crm_core.saving import Change
from crm_core.staff.models import Staff
from crm_core.timeline import service as timeline
from crm_core.timeline.models import EventKind
from tests.factories import a_customer, a_staff, a_store, acting

SHOP = system("test")


def a_code(session: Session, scene: str = "till-1", **fields: Any) -> ShopCode:
    code = ShopCode(scene=scene, channel="收银台立牌", **fields)
    capture.save(session, SHOP, code)
    session.commit()
    return code


def an_assistant(session: Session, shop: str = "万达店") -> Staff:
    return a_staff(session, store=a_store(session, shop))


def scanned(
    session: Session, customer: Customer, scene: str = "till-1", ref: str = "inbound:1"
) -> None:
    kinds = EventKind.MESSAGE, EventKind.SCAN
    for kind in kinds:
        if timeline.find(session, customer.id, kind, ref) is None:
            timeline.add(session, customer.id, kind, ref=ref)
    capture.scan(session, SHOP, customer.id, scene, ref=ref)
    session.commit()


@pytest.mark.every_database
def test_who_comes_by_a_code_gets_its_shop_its_assistant_and_its_channel(session: Session) -> None:
    assistant = an_assistant(session)
    a_code(session, store_id=assistant.store_id, staff_id=assistant.id)
    customer = a_customer(session, None, openid="o1")
    scanned(session, customer)
    assert (customer.store_id, customer.assistant_id) == (assistant.store_id, assistant.id)
    assert [row.source for row in session.exec(select(Identity))] == ["收银台立牌"]
    row = capture.latest(session, SHOP, customer.id)
    assert row is not None
    assert (row.channel, row.staff_id, row.first_contact) == ("收银台立牌", assistant.id, True)


def test_who_is_known_keeps_assistant_and_source(session: Session) -> None:
    own, other = an_assistant(session), an_assistant(session, "滨江店")
    a_code(session, store_id=other.store_id, staff_id=other.id)
    customer = a_customer(session, "王晓梅", assistant=own, openid="o1")
    timeline.add(session, customer.id, EventKind.MESSAGE, ref="inbound:0")
    scanned(session, customer)
    assert customer.assistant_id == own.id
    assert [row.source for row in session.exec(select(Identity))] == ["test"]
    assert session.exec(select(Capture)).one().first_contact is False


def test_no_assistant_of_another_shop(session: Session) -> None:
    own, other = an_assistant(session), an_assistant(session, "滨江店")
    a_code(session, store_id=other.store_id, staff_id=other.id)
    customer = a_customer(session, "王晓梅", openid="o1")
    customer.store_id = own.store_id
    scanned(session, customer)
    assert (customer.store_id, customer.assistant_id) == (own.store_id, None)


def test_a_repeated_scan_is_kept_once(session: Session) -> None:
    a_code(session)
    customer = a_customer(session, None, openid="o1")
    scanned(session, customer)
    scanned(session, customer)
    scanned(session, customer, ref="inbound:2")
    assert [row.first_contact for row in session.exec(select(Capture))] == [True, False]


@pytest.mark.parametrize("scene", ["unknown", "old"])
def test_other_codes_say_nothing(session: Session, scene: str) -> None:
    a_code(session, "old", retired=True)
    customer = a_customer(session, None, openid="o1")
    assert capture.scan(session, SHOP, customer.id, scene, ref="inbound:1") is None
    assert capture.latest(session, SHOP, customer.id) is None


def test_a_code_is_changed_by_its_scene(session: Session) -> None:
    a_code(session)
    again = ShopCode(scene="till-1", channel="海报")
    assert capture.save(session, SHOP, again)[1] is Change.CHANGED
    assert [code.channel for code in capture.everything(session)] == ["海报"]


def test_only_who_may(session: Session) -> None:
    customer = a_customer(session, None, openid="o1")
    marketer = acting(a_staff(session, role=Role.MARKETER))
    with pytest.raises(Forbidden):
        capture.save(session, marketer, ShopCode(scene="s", channel="c"))
    with pytest.raises(Forbidden):
        capture.scan(session, marketer, customer.id, "s", ref="r")
