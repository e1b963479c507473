"""Alerts: what needs somebody now, and who was told. `handling` keeps what is done about them."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta

from sqlmodel import Session, col, select
from sqlmodel.sql.expression import SelectOfScalar

from crm_core.alerts import telling
from crm_core.alerts.models import Alert, AlertCard, AlertKind, AlertState, AlertStep, Step
from crm_core.audit import service as audit
from crm_core.authz import Actor, Permission
from crm_core.clock import now
from crm_core.errors import CrmError, Kind
from crm_core.staff.models import Staff
from crm_core.tiers import service as tiers

_ASKED_LIVES = timedelta(days=1)

card_sent = telling.card_sent  # the outbox's listener for "alert"


class AlertNotFound(CrmError):
    """There is no such alert, or it is another shop's."""

    code = "alert_not_found"
    kind = Kind.NOT_FOUND


@dataclass(frozen=True)
class Facts:
    """What a card and a list say about an alert."""

    headline: str  # 「服务 1 分」
    words: str = ""  # the customer's own
    rows: tuple[tuple[str, str], ...] = ()  # ("订单", "DD1"); names of at most 5 characters


@dataclass(frozen=True)
class New:
    """An alert to be raised."""

    kind: AlertKind
    customer_id: int
    facts: Facts
    store_id: int | None = None
    rating_id: int | None = None
    ticket_id: int | None = None


def raise_(
    session: Session, actor: Actor, new: New, *, ref: str, tell: Sequence[Staff] | None = None
) -> Alert:
    """Raise an alert and send a card to `tell`, or to who looks after the shop.

    `actor` is who caused it; the caller has checked their right to. Repeating a `ref` returns the
    first alert and tells nobody again.
    """
    if known := session.exec(select(Alert).where(Alert.ref == ref)).one_or_none():
        return known
    alert = Alert(
        kind=new.kind,
        store_id=new.store_id,
        customer_id=new.customer_id,
        rating_id=new.rating_id,
        ticket_id=new.ticket_id,
        facts=asdict(new.facts),
        ref=ref,
    )
    session.add(alert)
    session.flush()
    audit.record(session, actor, "alert:raise", f"alert:{alert.id}", kind=new.kind.value)
    to = telling.managers(session, new.store_id) if tell is None else tell
    telling.send_cards(session, alert, to)
    return alert


def unsettled(session: Session, actor: Actor) -> Sequence[Alert]:
    """What is not closed yet in the actor's shop: of customers whose level has priority first,
    then the newest first.

    Raises:
        Forbidden: the actor may not see alerts.
    """
    actor.require(Permission.ALERT_READ)
    wanted = select(Alert).where(Alert.state != AlertState.CLOSED)
    if not actor.everywhere:
        wanted = wanted.where(Alert.store_id == actor.store_id)
    found = session.exec(wanted.order_by(col(Alert.id).desc())).all()
    prior = tiers.prior(session, {alert.customer_id for alert in found})
    return sorted(found, key=lambda alert: alert.customer_id not in prior)


def get(session: Session, actor: Actor, alert_id: int) -> Alert:
    """The alert, for reading.

    Raises:
        Forbidden: the actor may not see alerts.
        AlertNotFound: there is none in the actor's shop.
    """
    actor.require(Permission.ALERT_READ)
    return _in_scope(actor, session.get(Alert, alert_id), alert_id)


def lock(session: Session, actor: Actor, alert_id: int) -> Alert:
    """The alert, for handling it: others wait until this transaction ends.

    Raises:
        Forbidden: the actor may not handle alerts.
        AlertNotFound: there is none in the actor's shop.
    """
    actor.require(Permission.ALERT_HANDLE)
    wanted = _locked(select(Alert).where(Alert.id == alert_id))
    return _in_scope(actor, session.exec(wanted).one_or_none(), alert_id)


def of_ticket(session: Session, ticket_id: int, *, locked: bool = False) -> Alert | None:
    """The alert about a complaint; `locked` for handling it."""
    wanted = select(Alert).where(Alert.ticket_id == ticket_id).order_by(col(Alert.id))
    return session.exec(_locked(wanted) if locked else wanted).first()


def of_rating(session: Session, rating_id: int) -> Alert | None:
    """The alert about a rating, locked."""
    wanted = select(Alert).where(Alert.rating_id == rating_id)
    return session.exec(_locked(wanted)).first()


def lock_for(session: Session, card: AlertCard) -> Alert:
    """The alert that a card is about, for handling it. Who acts on it checks the right to."""
    return session.exec(_locked(select(Alert).where(Alert.id == card.alert_id))).one()


def hand_over_of(session: Session, customer_id: int) -> Alert | None:
    """The alert about the customer waiting for or talking to a person."""
    wanted = select(Alert).where(
        Alert.kind == AlertKind.HAND_OVER,
        Alert.customer_id == customer_id,
        Alert.state != AlertState.CLOSED,
    )
    return session.exec(wanted.order_by(col(Alert.id).desc())).first()


def waiting_since(session: Session, kind: AlertKind, before: datetime) -> Sequence[Alert]:
    """Alerts of a kind that nobody has accepted and that are older than a moment."""
    wanted = select(Alert).where(
        Alert.kind == kind, Alert.state == AlertState.OPEN, Alert.opened_at <= before
    )
    return session.exec(wanted.order_by(col(Alert.id))).all()


def since(session: Session, alert: Alert) -> datetime:
    """When it came into its state."""
    moved = select(AlertStep).where(AlertStep.alert_id == alert.id, AlertStep.step != Step.NOTE)
    last = session.exec(moved.order_by(col(AlertStep.id).desc())).first()
    return last.at if last else alert.opened_at


def asked(session: Session, actor: Actor) -> Alert | None:
    """The alert that a member of staff was last asked about, if it is still to be handled."""
    wanted = (
        select(Alert)
        .join(AlertCard, col(AlertCard.alert_id) == col(Alert.id))
        .where(
            AlertCard.staff_id == actor.staff_id,
            col(AlertCard.asked_at) > now() - _ASKED_LIVES,
            Alert.state != AlertState.CLOSED,
        )
        .order_by(col(AlertCard.asked_at).desc())
    )
    return session.exec(wanted).first()


def _locked(wanted: SelectOfScalar[Alert]) -> SelectOfScalar[Alert]:
    """For writing, as it stands now rather than when this session first read it."""
    return wanted.with_for_update().execution_options(populate_existing=True)


def _in_scope(actor: Actor, found: Alert | None, alert_id: int) -> Alert:
    if found is None or not (actor.everywhere or found.store_id == actor.store_id):
        raise AlertNotFound(alert_id)
    return found
