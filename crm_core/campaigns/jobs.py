"""What workers and cron do with campaigns."""

from collections.abc import Callable
from datetime import timedelta

from sqlmodel import Session, col, select

from crm_core import queues
from crm_core.campaigns import sending
from crm_core.campaigns.models import Push, PushState
from crm_core.clock import now
from crm_core.db import reading, unit_of_work

_PATIENCE = timedelta(minutes=1)  # a dispatch that has not begun after it was lost


def dispatch(campaign_id: int) -> None:
    """Put everything that is planned into the outbox, some at a time."""
    for step in (sending.choose_some, sending.gather):
        while _took(step, campaign_id):
            pass


def resume() -> None:
    """Go on with campaigns whose dispatch was cut off: nothing is queued any more, some wait."""
    waiting = (
        Push.state == PushState.PLANNED,
        col(Push.outbound_id).is_(None),
        col(Push.created_at) < now() - _PATIENCE,
    )
    with reading() as session:
        cut_off = session.exec(select(Push.campaign_id).where(*waiting).distinct()).all()
    queue = queues.get(queues.BULK)
    if cut_off and queue.is_empty():
        for campaign_id in cut_off:
            queue.enqueue(dispatch, campaign_id)


def _took(step: Callable[[Session, int], bool], campaign_id: int) -> bool:
    with unit_of_work() as session:
        return step(session, campaign_id)
