"""Sending messages. Jobs may run late, twice or side by side; the row decides."""

from datetime import timedelta

import structlog
from sqlmodel import Session, col, select, update

from crm_core import queues
from crm_core.clock import now
from crm_core.db import reading, unit_of_work
from crm_core.outbox import ports
from crm_core.outbox.models import Outbound, OutboundState

logger = structlog.get_logger(__name__)

MOST_ATTEMPTS = 5
LEASE = timedelta(seconds=60)  # a call that takes longer was cut off
_FIRST_PAUSE = timedelta(seconds=2)
_SWEEP_LIMIT = 500  # a sweep keeps urgent work waiting only briefly


def deliver(outbound_id: int) -> None:
    """Send one pending message; a run that loses the claim does nothing."""
    with unit_of_work() as session:
        row = _claim(session, outbound_id)
        objection = ports.objection(session, row) if row else None
        if objection:
            _record(session, outbound_id, OutboundState.FAILED, None, objection)
    if row is None or objection:
        return
    state, receipt, error = _send(row)  # no transaction is open during the call
    with unit_of_work() as session:
        _record(session, outbound_id, state, receipt, error)


def sweep() -> None:
    """Settle calls that were cut off; enqueue what is due and in no queue.

    That is what waited for its hour or for another attempt, and what Redis or a killed worker lost.
    """
    _settle_cut_off()
    with reading() as session:
        is_due = Outbound.state == OutboundState.PENDING, Outbound.next_at <= now()
        wanted = select(Outbound.queue, Outbound.id).where(*is_due)
        due = session.exec(wanted.order_by(col(Outbound.next_at), col(Outbound.id))).all()
    queued = {name: queues.waiting(name) for name in {queue for queue, _ in due}}
    lost = [one for one in due if queues.job_id(deliver, one[1]) not in queued[one[0]]]
    for queue, outbound_id in lost[:_SWEEP_LIMIT]:
        queues.enqueue(queue, deliver, outbound_id)


def _settle_cut_off() -> None:
    with unit_of_work() as session:
        cut_off = Outbound.state == OutboundState.SENDING, col(Outbound.claimed_at) < now() - LEASE
        for row in session.exec(select(Outbound).where(*cut_off).with_for_update()).all():
            repeatable = _is_repeatable(row)
            state = OutboundState.PENDING if repeatable else OutboundState.UNKNOWN
            _record(session, row.id, state, None, "cut off")


def _claim(session: Session, outbound_id: int) -> Outbound | None:
    """Of several runs one wins: the conditional UPDATE is the lock."""
    pending = (
        col(Outbound.id) == outbound_id,
        col(Outbound.state) == OutboundState.PENDING,
        col(Outbound.next_at) <= now(),
    )
    claim = (
        update(Outbound)
        .where(*pending)
        .values(state=OutboundState.SENDING, claimed_at=now(), attempts=col(Outbound.attempts) + 1)
    )
    if session.exec(claim).rowcount == 0:
        return None
    return session.get_one(Outbound, outbound_id)


def _send(row: Outbound) -> tuple[OutboundState, ports.Receipt | None, str | None]:
    try:
        receipt = ports.port(row.channel).send(row)
    except ports.SendError as error:
        again = not error.permanent and row.attempts < MOST_ATTEMPTS
        return (OutboundState.PENDING if again else OutboundState.FAILED), None, str(error)
    except ports.Unanswered as error:
        again = _is_repeatable(row) and row.attempts < MOST_ATTEMPTS
        return (OutboundState.PENDING if again else OutboundState.UNKNOWN), None, str(error)
    return OutboundState.SENT, receipt, None


def _record(
    session: Session,
    outbound_id: int,
    state: OutboundState,
    receipt: ports.Receipt | None,
    error: str | None,
) -> None:
    wanted = select(Outbound).where(Outbound.id == outbound_id).with_for_update()
    row = session.exec(wanted).one()
    row.state, row.error = state, error and error[:255]
    if state is OutboundState.PENDING:
        row.next_at = now() + _FIRST_PAUSE * 2 ** (row.attempts - 1)
        return
    if receipt:
        row.sent_at, row.provider_id = now(), receipt.provider_id
    else:
        logger.warning("not sent", outbound=row.id, state=state.value, error=error)
    ports.tell(session, row, receipt)


def _is_repeatable(row: Outbound) -> bool:
    try:
        return ports.port(row.channel).repeatable
    except ports.SendError:
        return False
