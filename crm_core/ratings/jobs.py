"""What cron does with ratings: ask once after a purchase."""

from datetime import timedelta

from sqlalchemy.exc import IntegrityError
from sqlmodel import Session, col, select

from crm_core.clock import local, now
from crm_core.consents import service as consents
from crm_core.consents.models import Purpose
from crm_core.db import reading, unit_of_work
from crm_core.orders import finding as orders
from crm_core.orders.models import Order
from crm_core.outbox import service as outbox
from crm_core.outbox.models import Outbound
from crm_core.ratings import service as ratings
from crm_core.ratings.models import Survey, SurveyState
from crm_core.reach import service as reach
from crm_core.rules import service as rules
from crm_core.stores import service as stores

_NOT_LATER_THAN = timedelta(days=14)  # then nobody remembers well enough
NO_CONSENT, NO_WAY = "no consent", "nobody to reach"


def send_due_surveys() -> None:
    """Ask every customer whose purchase was survey.after_hours ago, once an order.

    Within their consent and by a channel that can reach them now; the skipped are not asked later.
    """
    with reading() as session:
        due = [order.id for order in _due(session)]
    for order_id in due:
        with unit_of_work() as session:
            _ask(session, orders.get(session, order_id))


def objection(session: Session, outbound: Outbound) -> str | None:
    """The outbox's guard for "survey": nobody is asked who has withdrawn meanwhile."""
    assert outbound.customer_id is not None
    if consents.holds(session, outbound.customer_id, Purpose.SURVEY):
        return None
    theirs = select(Survey).where(Survey.customer_id == outbound.customer_id)
    for survey in session.exec(theirs.where(Survey.state == SurveyState.SENT)):
        if ratings.survey_key(survey.order_id) == outbound.key:
            survey.state, survey.reason = SurveyState.SKIPPED, NO_CONSENT
    return NO_CONSENT


def _due(session: Session) -> list[Order]:
    until = now() - timedelta(hours=rules.get(session, "survey.after_hours"))
    paid = orders.kept_of(session, until - _NOT_LATER_THAN, until)
    wanted = select(Survey.order_id).where(col(Survey.order_id).in_([one.id for one in paid]))
    asked = set(session.exec(wanted))
    return [order for order in paid if order.id not in asked]


def _ask(session: Session, order: Order) -> None:
    survey = Survey(order_id=order.id, customer_id=order.customer_id, state=SurveyState.SENT)
    try:
        with session.begin_nested():
            session.add(survey)
            session.flush()
    except IntegrityError:  # another run was first
        return
    way = reach.way(session, order.customer_id)
    if not consents.holds(session, order.customer_id, Purpose.SURVEY):
        survey.state, survey.reason = SurveyState.SKIPPED, NO_CONSENT
    elif way is None:
        survey.state, survey.reason = SurveyState.SKIPPED, NO_WAY
    else:
        text = reach.refusable(_question(session, order, way.channel), way.channel)
        outbox.queue(
            session,
            outbox.Recipient(way.channel, way.address, customer_id=order.customer_id),
            outbox.Content("text", {"text": text}),
            key=ratings.survey_key(order.id),
            purpose="survey",
        )


def _question(session: Session, order: Order, channel: str) -> str:
    """A text message is answered in the official account: what is texted back reaches nobody."""
    day = local(order.paid_at)
    where = f"在{stores.get(session, order.store_id).name}" if order.store_id else ""
    how = "到公众号里回复" if channel == "sms" else "直接回复就行"
    return (
        f"您好，{day.month}月{day.day}日您{where}买的衣服穿得还满意吗？"
        f"请给服务和衣服各打 1 到 5 分，{how}，例如「服务5分，衣服4分」。"
    )
