from datetime import timedelta

import pytest
from sqlmodel import Session, select

from crm_core.authz import Forbidden, Role, system
from crm_core.clock import set_to, today
from crm_core.segments import jobs, nights, reading
from crm_core.segments import service as segments
from crm_core.segments.models import SegmentKind, SegmentMember, SegmentSnapshot
from crm_core.segments.nights import SegmentNotLookedAt
from tests.crm_core.segments.buying import LATE_EVENING, Bought, a_buyer, buy
from tests.factories import a_staff, a_store, acting

ANYBODY = system("test")


@pytest.mark.every_database
def test_who_entered_and_who_left_since_the_last_night(session: Session) -> None:
    set_to(LATE_EVENING)
    stays, leaves = a_buyer(session, Bought(100)), a_buyer(session, Bought(100))
    comes = a_buyer(session, Bought(90))
    jobs.look_at_all()
    set_to(LATE_EVENING + timedelta(days=1))
    buy(session, leaves, [Bought(0)])
    moved = nights.moved(session, ANYBODY, "沉睡")
    assert (moved.entered, moved.left) == ([comes.id], [leaves.id])
    assert moved.since == today() - timedelta(days=1)
    jobs.look_at_all()
    session.rollback()
    moved = nights.moved(session, ANYBODY, "沉睡")
    assert (moved.entered, moved.left) == ([], [])
    newest, first = nights.history(session, ANYBODY, "沉睡")
    assert (first.total, first.entered, first.gone) == (2, 2, 0)
    assert (newest.total, newest.entered, newest.gone) == (2, 1, 1)
    assert stays.id in segments.members(session, ANYBODY, "沉睡")


def test_each_is_looked_at_once_a_day(session: Session) -> None:
    set_to(LATE_EVENING)
    jobs.look_at_all()
    a_buyer(session, Bought(100))
    jobs.look_at_all()
    taken = session.exec(select(SegmentSnapshot)).all()
    assert len(taken) == len(nights.living(session))
    assert session.exec(select(SegmentMember)).all() == []


def test_another_definition_begins_anew(session: Session) -> None:
    set_to(LATE_EVENING)
    a_buyer(session, Bought(100))
    jobs.look_at_all()
    rule = reading.parse("有购买记录")
    segments.save(session, ANYBODY, "沉睡", rule, ref="1")
    with pytest.raises(SegmentNotLookedAt):
        nights.moved(session, ANYBODY, "沉睡")
    segments.save(session, ANYBODY, "沉睡", rule, kind=SegmentKind.STATIC, ref="2")
    session.commit()
    jobs.look_at_all()
    with pytest.raises(SegmentNotLookedAt):
        nights.moved(session, ANYBODY, "沉睡")


def test_a_manager_sees_who_moved_in_the_own_shop(session: Session) -> None:
    set_to(LATE_EVENING)
    here = a_store(session)
    jobs.look_at_all()
    ours = a_buyer(session, Bought(100), assistant=a_staff(session, store=here))
    a_buyer(session, Bought(100))
    manager = acting(a_staff(session, role=Role.MANAGER, store=here))
    assert nights.moved(session, manager, "沉睡").entered == [ours.id]
    with pytest.raises(Forbidden):
        nights.take(session, manager, "沉睡")
