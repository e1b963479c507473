import pytest
from sqlmodel import Session, select

from actions.handoff import HumanHandoff
from crm_core.alerts.models import Alert
from crm_core.authz import Role
from crm_core.conversations import service as conversations
from tests.actions.talk import a_message, say
from tests.crm_core.shop import Shop, a_shop
from tests.factories import a_staff


@pytest.fixture
def shop(session: Session) -> Shop:
    return a_shop(session)


def test_a_customer_is_handed_over_with_what_they_said(session: Session, shop: Shop) -> None:
    said = say(HumanHandoff, a_message(session, shop.customer, "叫人来"), text="叫人来")
    session.rollback()
    assert said.names == ["utter_handed_over"]
    assert conversations.of_customer(session, shop.customer.id).handed_over_at is not None
    assert session.exec(select(Alert)).one().facts["words"] == "叫人来"


def test_a_form_that_is_open_waits(session: Session, shop: Shop) -> None:
    said = say(HumanHandoff, a_message(session, shop.customer), form="complaint_form")
    assert (said.names, said.then) == (["utter_handed_over"], "action_listen")
    assert said.slots == {}


@pytest.mark.parametrize(("admins", "who"), [(["王总"], "：王总"), ([], "")])
def test_staff_are_told_whom_to_call(
    session: Session, shop: Shop, admins: list[str], who: str
) -> None:
    for name in admins:
        a_staff(session, name, role=Role.ADMIN)
    said = say(HumanHandoff, a_message(session, shop.assistant)).only
    assert (said["response"], said["who"]) == ("utter_call_headquarters", who)
    assert session.exec(select(Alert)).all() == []
