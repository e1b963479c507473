"""What is done about an alert.

It may concern a complaint or a conversation too: staff handle alerts through `desk`, which keeps
those in step.
"""

from sqlmodel import Session, select

from crm_core.alerts import flow, telling
from crm_core.alerts.cards import TITLES
from crm_core.alerts.models import Alert, AlertCard, AlertState, AlertStep, Step
from crm_core.audit import service as audit
from crm_core.authz import Actor
from crm_core.clock import now
from crm_core.staff import service as staff
from crm_core.staff.models import Staff
from crm_core.staff.service import StaffNotFound


def advance(
    session: Session,
    actor: Actor,
    alert: Alert,
    step: Step,
    *,
    to: Staff | None = None,
    note: str | None = None,
    ref: str,
) -> bool:
    """Take a locked alert one step further; False if this `ref` did before.

    The caller has checked the actor's right, and keeps what the alert is about in step with it.

    Raises:
        InvalidStep: it does not follow from the state.
        StaffNotFound: `to` has left or works in another shop.
        ValueError: a transfer without `to`; edges ask first.
    """
    if done(session, ref):
        return False
    target = flow.after(alert.state, step)
    if step is Step.TRANSFER:
        _check_receiver(actor, alert, to)
        alert.owner_id = to.id if to else None
    elif step is Step.ACCEPT:
        alert.owner_id = actor.staff_id
    _write_step(session, actor, alert, step, to=to, note=note, ref=ref)
    _become(session, alert, target)
    if to is not None:
        _hand_on(session, alert, to, ref)
    return True


def settle(
    session: Session, actor: Actor, alert: Alert, step: Step, state: AlertState, *, ref: str
) -> bool:
    """Take an alert to a state outside the flow of complaints; False if this `ref` did before."""
    if done(session, ref):
        return False
    if step is Step.ACCEPT:
        alert.owner_id = actor.staff_id
    _write_step(session, actor, alert, step, to=None, note=None, ref=ref)
    _become(session, alert, state)
    return True


def add_words(
    session: Session,
    actor: Actor,
    alert: Alert,
    words: str,
    *,
    headline: str | None = None,
    ref: str,
) -> bool:
    """The customer said more: keep it and tell who has it in hand, or everybody who was told.

    `headline` replaces the alert's, where the words show better what it is about. False if this
    `ref` did before.
    """
    if done(session, ref):
        return False
    _write_step(session, actor, alert, Step.NOTE, to=None, note=words, ref=ref)
    said = "；".join(filter(None, (alert.facts.get("words"), words)))
    alert.facts = {**alert.facts, "words": said} | ({"headline": headline} if headline else {})
    session.add(alert)
    to = [staff.get(session, alert.owner_id)] if alert.owner_id else telling.told(session, alert)
    text = f"{telling.customer_of(session, alert)} 补充说：{words}"
    telling.write(session, to, text, key=f"alert-words:{ref}")
    return True


def ask_receiver(session: Session, alert: Alert, card: AlertCard, *, ref: str) -> None:
    """转交 was pressed on a card, but not to whom: ask, and remember which alert is meant."""
    card.asked_at = now()
    text = f"{telling.customer_of(session, alert)} 的这条要转给谁？请直接回复，例如「转给小李」。"
    telling.write(session, [staff.get(session, card.staff_id)], text, key=f"alert-ask:{ref}")


def done(session: Session, ref: str) -> bool:
    """Whether the step that `ref` names was taken."""
    return session.exec(select(AlertStep).where(AlertStep.ref == ref)).one_or_none() is not None


def _check_receiver(actor: Actor, alert: Alert, to: Staff | None) -> None:
    if to is None:
        raise ValueError("a transfer needs somebody to transfer to")
    elsewhere = to.store_id not in {None, alert.store_id} and not actor.everywhere
    if to.left or elsewhere:
        raise StaffNotFound(to.id, name=to.name)


def _write_step(
    session: Session,
    actor: Actor,
    alert: Alert,
    step: Step,
    *,
    to: Staff | None,
    note: str | None,
    ref: str,
) -> None:
    made = AlertStep(
        alert_id=alert.id,
        step=step,
        actor=actor.name,
        to_id=to.id if to else None,
        note=note,
        ref=ref,
    )
    session.add(made)
    session.flush()
    audit.record(session, actor, f"alert:{step.name.lower()}", f"alert:{alert.id}")


def _become(session: Session, alert: Alert, state: AlertState) -> None:
    alert.state = state
    alert.closed_at = now() if state is AlertState.CLOSED else None
    session.add(alert)
    telling.refresh(session, alert)


def _hand_on(session: Session, alert: Alert, to: Staff, ref: str) -> None:
    facts = alert.facts
    said = "：".join(filter(None, (facts.get("headline"), facts.get("words"))))
    customer = telling.customer_of(session, alert)
    text = f"有一条{TITLES[alert.kind]}转给您跟进：{customer}，{said}。处理好请告诉店长。"
    telling.write(session, [to], text, key=f"alert-hand-on:{ref}")
