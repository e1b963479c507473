from sqlmodel import Session, select

from actions.points import QueryPoints, QueryPointsHistory
from crm_core.audit.models import AuditEntry
from crm_core.authz import system
from crm_core.points import service as points
from crm_core.points.models import Cause
from tests.actions.talk import a_message, say
from tests.factories import a_customer, a_staff


def test_points_are_explained(session: Session) -> None:
    customer = a_customer(session)
    lot = points.Lot(320, Cause.PURCHASE, "订单 DD1")
    points.earn(session, system("test"), customer.id, lot, ref="o1")
    session.commit()
    said = say(QueryPoints, a_message(session, customer)).only
    assert (said["response"], said["available"]) == ("utter_points", 320)
    assert "订单 DD1" in said["latest"]


def test_history_lists_the_movements(session: Session) -> None:
    customer = a_customer(session)
    points.earn(session, system("test"), customer.id, points.Lot(50, Cause.VOTE), ref="p1")
    session.commit()
    assert "+50 搭配投票" in say(QueryPointsHistory, a_message(session, customer)).only["lines"]


def test_no_history_is_said(session: Session) -> None:
    said = say(QueryPointsHistory, a_message(session, a_customer(session)))
    assert said.names == ["utter_no_points_history"]


def test_staff_asking_for_their_own_points_are_refused_and_noted(session: Session) -> None:
    said = say(QueryPoints, a_message(session, a_staff(session)))
    assert said.names == ["utter_error_forbidden"]
    refused = session.exec(select(AuditEntry).where(AuditEntry.refused)).one()
    assert refused.action == "action_query_points"


def test_a_digression_returns_to_the_form(session: Session) -> None:
    message = a_message(session, a_customer(session))
    assert say(QueryPoints, message, form="complaint_form").then == "complaint_form"


def test_points_that_are_owed_say_how_they_are_worked_off(session: Session) -> None:
    customer = a_customer(session)
    points.earn(session, system("test"), customer.id, points.Lot(50, Cause.PURCHASE), ref="o1")
    points.spend(session, system("test"), customer.id, 50, note="", ref="s1")
    points.reverse(session, system("test"), customer.id, earned_by="o1", note="退货", ref="r1")
    session.commit()
    said = say(QueryPoints, a_message(session, customer)).only
    assert (said["available"], said["held"]) == (-50, "欠的 50 积分会从以后得的里先抵。")
