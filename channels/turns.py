"""Running turns: each conversation in order, each message once, nobody kept waiting too long."""

import asyncio
from collections.abc import Callable
from functools import partial
from typing import Any

import structlog
from sqlalchemy.exc import IntegrityError, SQLAlchemyError
from sqlmodel import Session

from channels import metrics, reception
from channels.dialogue import Dialogue, DialogueFailed
from crm_core import queues
from crm_core.customers import service as customers
from crm_core.customers.models import IdentityKind
from crm_core.db import reading, unit_of_work
from crm_core.group_commit import Writer
from crm_core.handover import service as handover
from crm_core.inbound import service as inbound
from crm_core.inbound.models import Inbound, InboundState
from crm_core.outbox import service as outbox
from crm_core.staff import service as staff

logger = structlog.get_logger(__name__)

APOLOGY = "抱歉，我刚刚没反应过来，请稍后再发一次，或者发「转人工」。"
_LOOK_SECONDS = 0.25  # how often a turn that waits for its turn is looked for
_SWEEP_SECONDS = 5.0
_FINISHED = {InboundState.DONE, InboundState.FAILED}

Replies = list[dict[str, Any]]
Effect = Callable[[Session, inbound.Message, inbound.Kept], None]


class Turns:
    """The turns of this gateway; any number of gateways may work on one database."""

    def __init__(self, dialogue: Dialogue) -> None:
        self._dialogue = dialogue
        self._writer = Writer()
        self._running: set[asyncio.Task[None]] = set()
        self._waiting: dict[int, asyncio.Future[Replies]] = {}

    async def take(
        self, message: inbound.Message, *, until: float, effect: Effect | None = None
    ) -> Replies:
        """Keep a message and return what to answer at once, as far as it is there by `until`.

        `until` is in loop time. An answer that comes later is sent through the outbox, and nothing
        is returned. `effect` runs once, in the transaction that keeps the message.
        """
        kept = await self._keep(message, effect)
        if not kept.new:
            metrics.REPEATS.labels(message.channel).inc()
        answer = self._waiting.setdefault(
            kept.inbound_id, asyncio.get_running_loop().create_future()
        )
        try:
            if kept.turn is None:
                return await self._watch_for(kept.inbound_id, answer, until)
            self._start(kept.turn)
            await asyncio.wait([answer], timeout=until - asyncio.get_running_loop().time())
        finally:
            self._waiting.pop(kept.inbound_id, None)
        return answer.result() if answer.done() else await self._give_up(kept.inbound_id)

    async def watch(self) -> None:
        """Take up turns that a killed gateway left behind; runs until cancelled."""
        while True:
            try:
                left = await asyncio.to_thread(_left_behind)
            except (SQLAlchemyError, TimeoutError) as error:  # it comes back, and so do we
                logger.warning("cannot look for turns", error=type(error).__name__)
                left = []
            for turn in left:
                logger.warning("turn taken up again", inbound=turn.inbound_id)
                self._start(turn)
            await asyncio.sleep(_SWEEP_SECONDS)

    async def close(self) -> None:
        """Let the running turns end."""
        while self._running:
            await asyncio.wait(self._running)
        await self._writer.close()

    async def _keep(self, message: inbound.Message, effect: Effect | None) -> inbound.Kept:
        work = partial(_keep, message=message, effect=effect)
        try:
            return await self._writer.write(work)
        except IntegrityError:  # the same message came twice at the same moment
            return await self._writer.write(work)

    def _start(self, turn: inbound.Turn) -> None:
        task = asyncio.create_task(self._run(turn))
        self._running.add(task)
        task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[None]) -> None:
        """Log a bug once; the turn is taken up again after its lease."""
        self._running.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            logger.error("turn broken off", exc_info=error)

    async def _run(self, first: inbound.Turn) -> None:
        """Run a turn, and then those that came in for the same conversation meanwhile."""
        turn: inbound.Turn | None = first
        while turn is not None:
            answer = await self._answer(turn)
            finished = await self._writer.write(partial(_finish, turn=turn, answer=answer))
            waiting = self._waiting.pop(turn.inbound_id, None)
            if waiting is not None and not waiting.done() and not finished.late:
                waiting.set_result(answer.replies)
            turn = finished.next

    async def _answer(self, turn: inbound.Turn) -> inbound.Answer:
        if turn.silent or turn.data.get("quiet"):
            metrics.TURNS.labels("silent").inc()
            return inbound.Answer(replies=[], state=turn.state)
        if reception.is_meant(turn):
            metrics.TURNS.labels("reception").inc()
            return await asyncio.to_thread(reception.answer, turn)
        try:
            with metrics.TURN_SECONDS.time():
                answer = await self._dialogue.turn(turn)
        except DialogueFailed as error:
            metrics.TURNS.labels("failed").inc()
            logger.warning("turn failed", inbound=turn.inbound_id, error=str(error))
            return inbound.Answer(replies=[{"text": APOLOGY}], failed=True)
        metrics.TURNS.labels("answered").inc()
        return answer

    async def _watch_for(
        self, inbound_id: int, answer: asyncio.Future[Replies], until: float
    ) -> Replies:
        """Wait for a turn that is run already: a repeat's, or one behind an earlier message.

        Another gateway may run it, so the database is looked at now and then.
        """
        loop = asyncio.get_running_loop()
        while loop.time() < until:
            row = await asyncio.to_thread(_reload, inbound_id)
            if row.state in _FINISHED:
                return [] if row.late else row.replies or []
            await asyncio.wait([answer], timeout=min(_LOOK_SECONDS, max(0.0, until - loop.time())))
            if answer.done():
                return answer.result()
        return await self._give_up(inbound_id)

    async def _give_up(self, inbound_id: int) -> Replies:
        row = await asyncio.to_thread(_give_up_waiting, inbound_id)
        if row.late:
            metrics.LATE.inc()
            return []
        return row.replies or []


def _keep(session: Session, message: inbound.Message, effect: Effect | None) -> inbound.Kept:
    kept = inbound.keep(session, message)
    if kept.new and effect is not None:
        effect(session, message, kept)
    return kept


def _finish(session: Session, turn: inbound.Turn, answer: inbound.Answer) -> inbound.Finished:
    finished = inbound.finish(session, turn, answer)
    if turn.silent:
        handover.forward(session, turn.inbound_id)
    if finished.late and answer.replies:
        _send_later(session, turn.inbound_id, answer.replies)
    return finished


def _send_later(session: Session, inbound_id: int, replies: Replies) -> None:
    row = session.get_one(Inbound, inbound_id)
    outbox.queue(
        session,
        _recipient(session, row),
        outbox.Content("replies", {"replies": replies}),
        key=f"reply:{inbound_id}",
        purpose="reply",
        lane=queues.URGENT,
    )


def _recipient(session: Session, row: Inbound) -> outbox.Recipient:
    if row.staff_id is not None:
        userid = staff.get(session, row.staff_id).wecom_userid
        return outbox.Recipient(row.channel, userid, staff_id=row.staff_id)
    assert row.customer_id is not None
    openid = customers.address(session, row.customer_id, IdentityKind.OA_OPENID, row.account)
    return outbox.Recipient(row.channel, openid, customer_id=row.customer_id)


def _left_behind() -> list[inbound.Turn]:
    with reading() as session:
        waiting = inbound.cut_off(session)
    turns = []
    for conversation_id in waiting:
        with unit_of_work() as session:
            if turn := inbound.claim(session, conversation_id):
                inbound.give_up_waiting(session, turn.inbound_id)
                turns.append(turn)
    return turns


def _reload(inbound_id: int) -> Inbound:
    with reading() as session:
        return session.get_one(Inbound, inbound_id)


def _give_up_waiting(inbound_id: int) -> Inbound:
    with unit_of_work() as session:
        return inbound.give_up_waiting(session, inbound_id)
