"""Managers telling the bot what to do about alerts."""

from typing import Any

from sqlmodel import Session

from actions.alerts import HandleAlert
from crm_core.alerts import handling
from crm_core.alerts import service as alerts
from crm_core.alerts.models import Alert, AlertKind, Step
from crm_core.alerts.service import Facts, New
from crm_core.authz import system
from crm_core.customers.models import Customer
from crm_core.staff.models import Staff
from tests.actions.talk import Said, a_message, say
from tests.crm_core.shop import Shop
from tests.factories import acting

SHOP = system("test")


def raised(
    session: Session, shop: Shop, ref: str = "r1", *, customer: Customer | None = None
) -> Alert:
    facts = Facts("服务 1 分", "没人理我", (("订单", "DD1"), ("导购", "陈静")))
    who = customer or shop.customer
    new = New(AlertKind.LOW_SCORE, who.id, facts, store_id=shop.store.id)
    alert = alerts.raise_(session, SHOP, new, ref=ref)
    session.commit()
    return alert


def accepted(session: Session, alert: Alert, by: Staff) -> None:
    handling.advance(session, acting(by), alert, Step.ACCEPT, ref=f"a{alert.id}")
    session.commit()


def handle(
    session: Session,
    shop: Shop,
    action: str | None = None,
    *,
    intent: str = "handle_alert",
    slots: dict[str, Any] | None = None,
    by: Staff | None = None,
    **entities: str,
) -> Said:
    said: dict[str, str | list[str]] = {n: value for n, value in entities.items() if value}
    if action:
        said["action"] = action
    message = a_message(session, by or shop.manager)
    text = f"{action or ''}，处理过了"
    done = say(HandleAlert, message, text=text, intent=intent, entities=said, slots=slots)
    session.rollback()
    return done


def pick(session: Session, shop: Shop, said: Said, number: int) -> Said:
    """Pick from the list that was offered."""
    option = said.slots["options"][number - 1]
    assert option["action"] == "action_handle_alert"
    return handle(session, shop, intent="select_option", slots=option["slots"])
