"""Which alert a manager means, and which step; and how alerts are told in a chat."""

from collections.abc import Sequence
from contextlib import suppress
from typing import Any

from sqlmodel import Session

from actions.turn import Option, Turn
from crm_core.alerts import service as alerts
from crm_core.alerts import telling
from crm_core.alerts.cards import TITLES
from crm_core.alerts.models import Alert, Step
from crm_core.alerts.service import AlertNotFound
from crm_core.authz import Actor
from crm_core.clock import local
from crm_core.customers import service as customers
from crm_core.desk import service as desk
from crm_core.staff import service as staff
from crm_core.staff.models import Staff
from crm_core.tickets import service as tickets

_MOST = 9
_ON_ONES_OWN = {Step.RECTIFY, Step.VERIFY, Step.CLOSE}  # of several, the one in one's own hands


def step_meant(turn: Turn) -> Step | None:
    """What is to be done; a colleague's name alone is a transfer."""
    if turn.intent == "select_option":
        said = turn.slot("alert_action")
    else:
        said = turn.entity("action")
        said = said or (Step.TRANSFER.value if turn.entity("staff_name") else None)
    with suppress(ValueError):
        return Step(said) if said else None
    return None


def alert_meant(session: Session, actor: Actor, turn: Turn, step: Step | None) -> Alert | None:
    """The alert that is named, or was last talked about, or is the only one it can be.

    None when it was asked for instead, or there is none.

    Raises:
        Forbidden: the actor may not see alerts.
        AlertNotFound: what is named is no open alert of the actor's shop.
    """
    listed = alerts.unsettled(session, actor)
    if turn.intent == "select_option" and turn.slot("alert_id"):
        return alerts.get(session, actor, int(turn.slot("alert_id")))
    if turn.entity("option"):
        return _numbered(session, actor, turn)
    if (named := _named(session, actor, turn, listed, step)) is None:
        named = _in_mind(session, actor, turn, listed, step)
    if len(named) == 1:
        return named[0]
    _ask(session, actor, turn, named, step)
    return None


def line(session: Session, alert: Alert) -> str:
    """One alert in one line of a list."""
    owner = telling.owner_of(session, alert)
    at = local(alert.opened_at)
    state = f"{alert.state.value}，{owner}" if owner else alert.state.value
    return f"{about(session, alert)} {alert.facts.get('headline', '')}（{state}，{at:%m-%d %H:%M}）"


def about(session: Session, alert: Alert) -> str:
    """What an alert is called: 低分预警 林**."""
    return f"{TITLES[alert.kind]} {telling.customer_of(session, alert)}"


def details(session: Session, alert: Alert) -> str:
    """All that is known about an alert, a line each."""
    facts, since = alert.facts, local(alerts.since(session, alert))
    rows = [(name, value) for name, value in facts.get("rows", [])]
    headline = facts.get("headline")
    known = headline in [value for _, value in rows]
    said = "：".join(filter(None, (None if known else headline, facts.get("words"))))
    rows += [("内容", said)] if said else []
    rows += [("状态", f"{alert.state.value}（{since:%m-%d %H:%M} 起）")]
    rows += [("处理人", owner)] if (owner := telling.owner_of(session, alert)) else []
    return "\n".join([about(session, alert), *(f"{name}：{value}" for name, value in rows)])


def transfer(alert: Alert, to: Staff) -> dict[str, Any]:
    """The slots of an option that transfers an alert to somebody."""
    return {"alert_id": alert.id, "alert_action": Step.TRANSFER.value, "alert_to": to.id}


def note(turn: Turn) -> str | None:
    """What was said with the step; picking it from a list says nothing."""
    return None if turn.intent == "select_option" else turn.text or None


def _numbered(session: Session, actor: Actor, turn: Turn) -> Alert | None:
    """「第二条受理」: of the list shown last."""
    shown = [one for one in turn.slot("options") or [] if "alert_id" in one["slots"]]
    said = turn.entity("option") or ""
    number = int(said) if said.lstrip("-").isdigit() else 0
    if not shown:
        turn.say("utter_list_alerts_first")
        return None
    if not 1 <= abs(number) <= len(shown):
        turn.say("utter_pick_in_range", most=len(shown))
        return None
    picked = shown[number - 1 if number > 0 else number]
    return alerts.get(session, actor, int(picked["slots"]["alert_id"]))


def _named(
    session: Session, actor: Actor, turn: Turn, listed: Sequence[Alert], step: Step | None
) -> Sequence[Alert] | None:
    """Those about the complaint or the customer that is named; None if none is."""
    if number := turn.entity("ticket_no"):
        ticket_id = tickets.find(session, actor, number).ticket.id
        found = [alert for alert in listed if alert.ticket_id == ticket_id]
    elif (name := turn.entity("customer_name")) or turn.entity("phone_tail"):
        tail = turn.entity("phone_tail")
        theirs = customers.find(session, actor, name=name, phone_tail=tail)
        ids = {customer.id for customer in theirs}
        found = [alert for alert in listed if alert.customer_id in ids]
    else:
        return None
    if not found:
        raise AlertNotFound
    return _fitting(found, step) or found


def _in_mind(
    session: Session, actor: Actor, turn: Turn, listed: Sequence[Alert], step: Step | None
) -> Sequence[Alert]:
    """The one asked about on a card, or talked about last, else all that the step fits."""
    asked = alerts.asked(session, actor) if step is Step.TRANSFER else None
    last = turn.slot("alert_id")
    for alert in listed:
        if alert.id == (asked.id if asked else last):
            return [alert]
    fitting = _fitting(listed, step)
    own = [alert for alert in fitting if alert.owner_id == actor.staff_id]
    if step in _ON_ONES_OWN and len(own) == 1:
        return own
    return fitting or listed[: len(listed) == 1]  # the only one says why it cannot be done


def _fitting(among: Sequence[Alert], step: Step | None) -> Sequence[Alert]:
    """Those about which the step can be taken now."""
    return [alert for alert in among if step is None or step in desk.steps_from(alert)]


def _ask(
    session: Session, actor: Actor, turn: Turn, among: Sequence[Alert], step: Step | None
) -> None:
    if not among:
        turn.say("utter_no_alert_fits" if step else "utter_no_alerts", step=step and step.value)
        return
    name = turn.entity("staff_name") if step is Step.TRANSFER else None
    to = staff.by_name(session, name, store_id=actor.store_id) if name else None
    slots = {"alert_action": step.value if step else None, "alert_to": to.id if to else None}
    options = [
        Option(line(session, alert), turn.action, slots | {"alert_id": alert.id})
        for alert in among[:_MOST]
    ]
    turn.offer("utter_which_alert", options)
