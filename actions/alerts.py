"""Managers and what needs them: the list of alerts, and doing something about one."""

from collections.abc import Sequence

from sqlmodel import Session

from actions import alert_choice as choice
from actions.base import CrmAction
from actions.turn import Option, Turn
from crm_core.alerts import service as alerts
from crm_core.alerts.models import Alert, AlertKind, Step
from crm_core.authz import Actor, Role
from crm_core.desk import service as desk
from crm_core.staff import service as staff
from crm_core.staff.models import Staff

LOOK_AFTER_IT = frozenset({Role.MANAGER, Role.ADMIN})
_MOST = 9


class ListAlerts(CrmAction):
    roles = LOOK_AFTER_IT

    def name(self) -> str:
        return "action_list_alerts"

    def handle(self, session: Session, actor: Actor, turn: Turn) -> None:
        listed = alerts.unsettled(session, actor)
        if not listed:
            turn.say("utter_no_alerts")
            return
        options = [
            Option(choice.line(session, alert), "action_show_alert", {"alert_id": alert.id})
            for alert in listed[:_MOST]
        ]
        more = f"\n还有 {len(listed) - _MOST} 条更早的。" if len(listed) > _MOST else ""
        turn.offer("utter_alerts", options, count=len(listed), more=more)


class ShowAlert(CrmAction):
    """The alert picked from the list, and what can be done about it."""

    roles = LOOK_AFTER_IT

    def name(self) -> str:
        return "action_show_alert"

    def handle(self, session: Session, actor: Actor, turn: Turn) -> None:
        alert = alerts.get(session, actor, int(turn.slot("alert_id")))
        _suggest(turn, "utter_alert", alert, details=choice.details(session, alert))


class HandleAlert(CrmAction):
    """受理, 转交, 整改, 验证, 关闭; asks which alert, or to whom, where it is not said."""

    roles = LOOK_AFTER_IT
    writes = True

    def name(self) -> str:
        return "action_handle_alert"

    def handle(self, session: Session, actor: Actor, turn: Turn) -> None:
        step = choice.step_meant(turn)
        alert = choice.alert_meant(session, actor, turn, step)
        if alert is None:
            return
        turn.set("alert_id", alert.id)
        if step is None:
            _suggest(turn, "utter_alert", alert, details=choice.details(session, alert))
            return
        to = _receiver(session, actor, turn, alert) if step is Step.TRANSFER else None
        if step is Step.TRANSFER and to is None:
            return
        done = desk.handle(
            session, actor, alert.id, step, to=to, note=choice.note(turn), ref=turn.ref
        )
        self._say(session, turn, done, step, to)

    def _say(
        self, session: Session, turn: Turn, alert: Alert, step: Step, to: Staff | None
    ) -> None:
        about = choice.about(session, alert)
        kind = "hand_over" if alert.kind is AlertKind.HAND_OVER else "alert"
        response = f"utter_{kind}_{step.name.lower()}"
        _suggest(turn, response, alert, about=about, to=to.name if to else "")


def _receiver(session: Session, actor: Actor, turn: Turn, alert: Alert) -> Staff | None:
    """To whom it goes; None when that was asked instead."""
    if turn.intent == "select_option" and turn.slot("alert_to"):
        return staff.get(session, int(turn.slot("alert_to")))
    if name := turn.entity("staff_name"):
        return staff.by_name(session, name, store_id=actor.store_id)
    team = _team(session, alert)
    options = [Option(one.name, "action_handle_alert", choice.transfer(alert, one)) for one in team]
    if options:
        turn.offer("utter_transfer_to_whom", options)
    else:
        turn.say("utter_nobody_to_transfer_to")
    return None


def _team(session: Session, alert: Alert) -> Sequence[Staff]:
    if alert.store_id is None:
        return []
    return staff.working(session, store_id=alert.store_id, role=Role.ASSISTANT)[:_MOST]


def _suggest(turn: Turn, response: str, alert: Alert, **values: object) -> None:
    """Say it with what can be done next as quick replies."""
    slots = {"alert_id": alert.id, "alert_to": None}
    options = [
        Option(step.value, "action_handle_alert", slots | {"alert_action": step.value})
        for step in desk.steps_from(alert)
    ]
    if options:
        turn.suggest(response, options, state=alert.state.value, **values)
    else:
        turn.say(response, state=alert.state.value, **values)
