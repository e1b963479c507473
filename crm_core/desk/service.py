"""What staff do about alerts, by chat and by card, whatever the alert is about."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import structlog
from sqlmodel import Session

from crm_core.alerts import cards, flow, handling, telling
from crm_core.alerts import service as alerts
from crm_core.alerts.models import Alert, AlertCard, AlertKind, Step
from crm_core.audit import service as audit
from crm_core.authz import Actor, Forbidden, Permission
from crm_core.errors import CrmError
from crm_core.handover import service as handover
from crm_core.staff import service as staff
from crm_core.staff.models import Staff
from crm_core.tickets import service as tickets

logger = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Click:
    """A tap on a card, as WeCom reports it."""

    key: str  # of the button, "alert:accept:7"
    task_id: str
    response_code: str | None = None  # with which the card can be changed once
    selected: dict[str, list[str]] = field(default_factory=dict)  # {question: option ids}


def handle(
    session: Session,
    actor: Actor,
    alert_id: int,
    step: Step,
    *,
    to: Staff | None = None,
    note: str | None = None,
    ref: str,
) -> Alert:
    """Take an alert, and what it is about, one step further. A repeated `ref` changes nothing.

    Raises:
        Forbidden: the actor may not handle alerts.
        AlertNotFound: there is none in the actor's shop.
        InvalidStep: it does not follow from the state.
        StaffNotFound: `to` has left or works in another shop.
        ValueError: a transfer without `to`; edges ask first.
    """
    alert = alerts.lock(session, actor, alert_id)
    _act(session, actor, alert, step, to=to, note=note, ref=ref)
    return alert


def steps_from(alert: Alert) -> Sequence[Step]:
    """What can be done about an alert next."""
    if alert.kind is AlertKind.HAND_OVER:
        return handover.steps_from(alert)
    return flow.steps_from(alert.state)


def clicked(session: Session, actor: Actor, click: Click, *, ref: str) -> None:
    """Do what a tap on an alert's card asks for; the card shows afterwards how it stands.

    Nothing is raised: who taps too late, or may not any more, sees it on the card. A repeated
    `ref` changes nothing.
    """
    card = telling.clicked(session, actor, click.task_id, click.response_code)
    if card is None:
        logger.warning("a click on nobody's card", actor=actor.name, key=click.key)
        return
    alert = alerts.lock_for(session, card)
    try:
        _tap(session, actor, alert, card, click, ref)
    except Forbidden:  # the role or the shop has changed since the card was sent
        audit.record(session, actor, "alert:handle", f"alert:{alert.id}", refused=True)
    except CrmError as error:
        logger.info("a click too late", alert=alert.id, code=error.code)
    if card.asked_at is None:  # else it stays as it is until the question is answered
        telling.refresh_card(session, alert, card)


def _tap(
    session: Session, actor: Actor, alert: Alert, card: AlertCard, click: Click, ref: str
) -> None:
    card.asked_at = None
    match click.key.split(":")[:2]:
        case ["alert", "accept"] | ["handover", "take"]:
            _act(session, actor, alert, Step.ACCEPT, ref=ref)
        case ["handover", "back"]:
            _act(session, actor, alert, Step.CLOSE, ref=ref)
        case ["alert", "transfer"]:
            _transfer(session, actor, alert, card, click, ref)
        case _:
            logger.warning("a click on no button of ours", key=click.key)


def _transfer(
    session: Session, actor: Actor, alert: Alert, card: AlertCard, click: Click, ref: str
) -> None:
    chosen = [one for one in click.selected.get(cards.QUESTION, []) if one != cards.NOBODY]
    if chosen and chosen[0].isdecimal():
        to = staff.get(session, int(chosen[0]))
        _act(session, actor, alert, Step.TRANSFER, to=to, ref=ref)
    else:
        actor.require(Permission.ALERT_HANDLE)
        flow.after(alert.state, Step.TRANSFER)
        handling.ask_receiver(session, alert, card, ref=ref)


def _act(
    session: Session,
    actor: Actor,
    alert: Alert,
    step: Step,
    *,
    to: Staff | None = None,
    note: str | None = None,
    ref: str,
) -> None:
    if alert.kind is AlertKind.HAND_OVER:
        _act_on_hand_over(session, actor, alert, step, ref)
    elif alert.ticket_id is not None:
        tickets.handle(session, actor, alert.ticket_id, step, to_staff=to, note=note, ref=ref)
    else:
        actor.require(Permission.ALERT_HANDLE)
        handling.advance(session, actor, alert, step, to=to, note=note, ref=ref)


def _act_on_hand_over(session: Session, actor: Actor, alert: Alert, step: Step, ref: str) -> None:
    match step:
        case Step.ACCEPT:
            handover.take(session, actor, alert, ref=ref)
        case Step.CLOSE:
            handover.give_back(session, actor, alert, ref=ref)
        case _:
            raise flow.refusal(alert.state, step, handover.steps_from(alert))
