"""What whoever took a conversation says to its customer, out of their own WeCom."""

from collections.abc import Sequence

from sqlmodel import Session, col, select

from crm_core import queues
from crm_core.alerts import telling
from crm_core.alerts.models import Alert, AlertKind, AlertState
from crm_core.audit import service as audit
from crm_core.authz import Actor, Permission
from crm_core.customers import service as customers
from crm_core.customers.models import IdentityKind
from crm_core.errors import CrmError, Kind
from crm_core.outbox import service as outbox
from crm_core.outbox.models import Outbound
from crm_core.outbox.ports import Receipt
from crm_core.staff import service as staff
from crm_core.timeline import service as timeline
from crm_core.timeline.models import EventKind

PURPOSE = "reception"
_UNDELIVERED = (
    "您发给 {who} 的话没有送到：对方可能已超过 48 小时没有发言，或这一轮已发满 5 条。"
    "请等对方再发消息，或换个方式联系。"
)


class NobodyInHand(CrmError):
    """The actor talks to no customer."""

    code = "nobody_in_hand"
    kind = Kind.NOT_FOUND


class NotInHand(CrmError):
    """The actor talks to others, but not to the customer of this number."""

    code = "not_in_hand"
    kind = Kind.NOT_FOUND


class SeveralInHand(CrmError):
    """The actor talks to several customers: it has to be said to whom this goes."""

    code = "several_in_hand"


class OutOfReach(CrmError):
    """The customer does not follow the official account any more."""

    code = "out_of_reach"


def in_hand(session: Session, staff_id: int) -> Sequence[Alert]:
    """The conversations that a member of staff has taken, oldest first."""
    wanted = select(Alert).where(
        Alert.kind == AlertKind.HAND_OVER,
        Alert.state == AlertState.ACCEPTED,
        Alert.owner_id == staff_id,
    )
    return session.exec(wanted.order_by(col(Alert.id))).all()


def one_in_hand(session: Session, actor: Actor, number: int | None = None) -> Alert:
    """The conversation that the actor means, locked; `number` tells several apart.

    Raises:
        NobodyInHand: there is none.
        NotInHand: there is none of this number.
        SeveralInHand: there are several, and no number was given.
    """
    held = in_hand(session, actor.staff_id) if actor.staff_id else []
    if not held:
        raise NobodyInHand(actor.name)
    everybody = "、".join(_numbered(session, one) for one in held)
    meant = [one for one in held if number in {None, one.id}]
    if not meant:
        raise NotInHand(actor.name, customers=everybody)
    if len(meant) > 1:
        raise SeveralInHand(actor.name, customers=everybody, number=meant[0].id)
    return _locked(session, actor, meant[0].id)


def reply(session: Session, actor: Actor, alert: Alert, words: str, *, ref: str) -> None:
    """Send words of the actor to the customer whose conversation they have in hand (locked).

    A repeated `ref` sends nothing more.

    Raises:
        Forbidden: the actor may not, for this customer.
        OutOfReach: the customer does not follow the official account any more.
    """
    permission = Permission.CONVERSATION_HAND_OVER
    customer = customers.get(session, actor, permission, alert.customer_id)
    cause = f"reply:{ref}"
    if timeline.find(session, customer.id, EventKind.HAND_OVER, cause):
        return
    openid = customers.address(session, customer.id, IdentityKind.OA_OPENID)
    if openid is None:
        raise OutOfReach(customer.id)
    timeline.add(session, customer.id, EventKind.HAND_OVER, ref=cause, by=actor.name)
    audit.record(session, actor, "conversation:reply", f"alert:{alert.id}")
    outbox.queue(
        session,
        outbox.Recipient("oa", openid, customer_id=customer.id),
        outbox.Content("text", {"text": words, "alert_id": alert.id, "by": actor.staff_id}),
        key=f"reception:{ref}",
        purpose=PURPOSE,
        lane=queues.URGENT,
    )


def delivered(session: Session, row: Outbound, receipt: Receipt | None) -> None:
    """The outbox's listener: who wrote learns that it did not arrive."""
    if receipt is not None:
        return
    alert = session.get_one(Alert, row.payload["alert_id"])
    text = _UNDELIVERED.format(who=telling.customer_of(session, alert))
    by = staff.get(session, row.payload["by"])
    telling.write(session, [by], text, key=f"undelivered:{row.id}")


def named(session: Session, alert: Alert) -> str:
    """How the customer of a conversation is called to whoever has it: with its number where
    they have several.
    """
    several = alert.owner_id is not None and len(in_hand(session, alert.owner_id)) > 1
    return _numbered(session, alert) if several else telling.customer_of(session, alert)


def _numbered(session: Session, alert: Alert) -> str:
    return f"{alert.id}号 {telling.customer_of(session, alert)}"


def _locked(session: Session, actor: Actor, alert_id: int) -> Alert:
    wanted = select(Alert).where(Alert.id == alert_id).with_for_update()
    alert = session.exec(wanted.execution_options(populate_existing=True)).one()
    if alert.state is not AlertState.ACCEPTED or alert.owner_id != actor.staff_id:
        raise NobodyInHand(actor.name)  # given back since
    return alert
