"""A person takes over a conversation; the bot is silent until it is given back."""

from collections.abc import Sequence

from sqlmodel import Session

from crm_core import queues
from crm_core.alerts import handling, telling
from crm_core.alerts import service as alerts
from crm_core.alerts.flow import refusal
from crm_core.alerts.models import Alert, AlertKind, AlertState, Step
from crm_core.authz import Actor, Permission, Role
from crm_core.conversations import service as conversations
from crm_core.customers import service as customers
from crm_core.customers.models import Customer, IdentityKind
from crm_core.handover import talking
from crm_core.inbound.models import Inbound
from crm_core.outbox import service as outbox
from crm_core.reach import service as reach
from crm_core.staff import service as staff
from crm_core.staff.models import Staff
from crm_core.tickets import service as tickets
from crm_core.tickets import wording
from crm_core.tickets.models import Ticket
from crm_core.timeline import service as timeline
from crm_core.timeline.models import EventKind

BACK = "小助手回来了，刚才的事如果还没解决，直接跟我说，或者再发「转人工」。"
_HOW_TO_TALK = (
    "现在由您接待 {who}，对方的消息会转到这里。发「回复 您好」把话带给对方，"
    "发「结束接待」交还小助手；其他的话照常说给小助手听。"
)
_UNTAKEN = (
    "抱歉，店里的同事现在都在忙，没能及时接上。已为您登记工单 {number}，店长会跟进，"
    "之后由小助手继续为您服务。"
)
_CASE = "顾客请求人工服务，没有人及时接手"
_NOT_TEXT = {"image": "图片", "voice": "语音", "location": "位置", "link": "链接"}


def request(
    session: Session, actor: Actor, customer_id: int, *, words: str = "", ref: str
) -> Sequence[Staff]:
    """Hand the customer's conversation over and call somebody; returns who was called.

    Those are the customer's assistant, else the managers of their shop, else whoever serves all
    customers. While somebody is called already, nobody is called again.

    Raises:
        Forbidden: the actor may not, for this customer.
        CustomerNotFound: there is no such customer.
    """
    customer = customers.lock(session, actor, Permission.CONVERSATION_HAND_OVER, customer_id)
    if open_ := alerts.hand_over_of(session, customer_id):
        return telling.told(session, open_)
    conversation = conversations.of_customer(session, customer_id)
    conversations.hand_over(session, actor, conversation.id)
    timeline.add(session, customer_id, EventKind.HAND_OVER, ref=ref)
    to = _whom(session, customer)
    new = alerts.New(
        AlertKind.HAND_OVER,
        customer_id,
        alerts.Facts("请求人工", words),
        store_id=customer.store_id,
    )
    alerts.raise_(session, actor, new, ref=f"hand_over:{ref}", tell=to)
    return to


def take(session: Session, actor: Actor, alert: Alert, *, ref: str) -> None:
    """A member of staff takes the conversation that a locked alert is about.

    Raises:
        Forbidden: the actor may not, for this customer.
        InvalidStep: somebody else has it, or it was given back.
    """
    conversation_id = _conversation_id(session, actor, alert)
    if handling.done(session, ref):
        return
    if alert.state is not AlertState.OPEN or not conversations.take(
        session, actor, conversation_id
    ):
        raise refusal(alert.state, Step.ACCEPT, steps_from(alert))
    handling.settle(session, actor, alert, Step.ACCEPT, AlertState.ACCEPTED, ref=ref)
    _say_how_to_talk(session, alert)


def give_back(session: Session, actor: Actor, alert: Alert, *, ref: str) -> None:
    """Let the bot answer again, close the locked alert and tell the customer.

    Raises:
        Forbidden: the actor may not, for this customer.
        InvalidStep: it was given back before.
    """
    conversation_id = _conversation_id(session, actor, alert)
    if handling.done(session, ref):
        return
    if alert.state is AlertState.CLOSED:
        raise refusal(alert.state, Step.CLOSE, steps_from(alert))
    conversations.hand_back(session, actor, conversation_id)
    handling.settle(session, actor, alert, Step.CLOSE, AlertState.CLOSED, ref=ref)
    _tell_customer(session, alert, BACK)


def end(session: Session, actor: Actor, number: int | None = None, *, ref: str) -> None:
    """Give back the conversation that the actor has in hand; `number` tells several apart.

    A repeated `ref` changes nothing.

    Raises:
        Forbidden: the actor may not, for this customer.
        NobodyInHand, NotInHand, SeveralInHand: it is not clear which one.
    """
    if not handling.done(session, ref):
        give_back(session, actor, talking.one_in_hand(session, actor, number), ref=ref)


def give_back_untaken(session: Session, actor: Actor, alert_id: int) -> Ticket | None:
    """Nobody came: open a complaint for it, give the conversation back and say so.

    None if somebody took it, or gave it back, in the meantime.

    Raises:
        Forbidden: the actor may not.
        AlertNotFound: there is no such alert.
    """
    customer_id = alerts.get(session, actor, alert_id).customer_id
    customers.lock(session, actor, Permission.TICKET_OPEN, customer_id)  # before the alert's row
    alert = alerts.lock(session, actor, alert_id)
    if alert.state is not AlertState.OPEN:
        return None
    words, ref = str(alert.facts.get("words") or ""), f"untaken:{alert.id}"
    case = tickets.Case("：".join(filter(None, (_CASE, words))), wording.classify(words))
    ticket = tickets.open_(session, actor, customer_id, case, ref=ref)
    conversations.hand_back(session, actor, _conversation_id(session, actor, alert))
    handling.settle(session, actor, alert, Step.CLOSE, AlertState.CLOSED, ref=ref)
    _tell_customer(session, alert, _UNTAKEN.format(number=ticket.number))
    return ticket


def forward(session: Session, inbound_id: int) -> None:
    """Pass on what a customer writes while the bot is silent: to who took over, else to all told.

    Repeating it sends nothing more.
    """
    row = session.get_one(Inbound, inbound_id)
    if row.customer_id is None:
        return
    alert = alerts.hand_over_of(session, row.customer_id)
    if alert is None:
        return
    to = [staff.get(session, alert.owner_id)] if alert.owner_id else telling.told(session, alert)
    said = row.text or f"［{_NOT_TEXT.get(row.kind, '消息')}］"
    text = f"{talking.named(session, alert)}：{said}"
    telling.write(session, to, text, key=f"forward:{inbound_id}")


def steps_from(alert: Alert) -> Sequence[Step]:
    """What can be done about a conversation that was handed over."""
    match alert.state:
        case AlertState.OPEN:
            return [Step.ACCEPT]  # and giving it back, by the card
        case AlertState.ACCEPTED:
            return [Step.CLOSE]
        case _:
            return []


def _whom(session: Session, customer: Customer) -> Sequence[Staff]:
    if customer.assistant_id is not None:
        assistant = staff.get(session, customer.assistant_id)
        if not assistant.left:
            return [assistant]
    if customer.store_id is not None:
        managers = staff.working(session, store_id=customer.store_id, role=Role.MANAGER)
        if managers:
            return managers
    everybody = staff.working(session)
    return [member for member in everybody if member.role in {Role.SERVICE, Role.ADMIN}]


def _conversation_id(session: Session, actor: Actor, alert: Alert) -> int:
    """The conversation, if the actor may see its customer."""
    customers.get(session, actor, Permission.CONVERSATION_HAND_OVER, alert.customer_id)
    return conversations.of_customer(session, alert.customer_id).id


def _say_how_to_talk(session: Session, alert: Alert) -> None:
    if alert.owner_id is not None:
        text = _HOW_TO_TALK.format(who=talking.named(session, alert))
        owner = staff.get(session, alert.owner_id)
        telling.write(session, [owner], text, key=f"reception:{alert.id}")


def _tell_customer(session: Session, alert: Alert, text: str) -> None:
    openid = customers.address(session, alert.customer_id, IdentityKind.OA_OPENID)
    # They wrote just now, so the window is open, and an answer needs no consent.
    way = reach.Way("oa", openid) if openid else reach.by_phone(session, alert.customer_id)
    if way is None:
        return
    outbox.queue(
        session,
        outbox.Recipient(way.channel, way.address, customer_id=alert.customer_id),
        outbox.Content("text", {"text": text}),
        key=f"hand_back:{alert.id}",
        purpose="service",
        lane=queues.URGENT,
    )
