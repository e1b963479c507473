"""Running turns: each conversation in order, each message once, nobody kept waiting too long."""

import asyncio
from collections.abc import Callable
from contextlib import suppress

import structlog
from sqlalchemy.exc import IntegrityError
from sqlmodel import Session

from channels import metrics
from channels.dialogue import Dialogue, DialogueFailed
from crm_core import queues
from crm_core.alerts import service as alerts
from crm_core.customers import service as customers
from crm_core.customers.models import IdentityKind
from crm_core.db import unit_of_work
from crm_core.inbound import service as inbound
from crm_core.inbound.models import Inbound, InboundState
from crm_core.outbox import service as outbox
from crm_core.staff import service as staff

logger = structlog.get_logger(__name__)

APOLOGY = "抱歉，我刚刚没反应过来，请稍后再发一次，或者发「转人工」。"
_LOOK_SECONDS = 0.25  # how often a turn that another gateway runs is looked for
_SWEEP_SECONDS = 5.0
_FINISHED = {InboundState.DONE, InboundState.FAILED}

Effect = Callable[[Session, Inbound], None]


class Turns:
    """The turns of this gateway; any number of gateways may work on one database."""

    def __init__(self, dialogue: Dialogue) -> None:
        self._dialogue = dialogue
        self._running: set[asyncio.Task[None]] = set()
        self._waiting: dict[int, asyncio.Event] = {}

    async def take(
        self, message: inbound.Message, *, until: float, effect: Effect | None = None
    ) -> Inbound:
        """Keep a message and return its row, answered if that was done by `until` (loop time).

        When it was not, the answer is sent through the outbox as soon as it is there. `effect`
        runs in the transaction that keeps the message, once.
        """
        row, turn, new = await asyncio.to_thread(_keep, message, effect)
        if not new:
            metrics.REPEATS.labels(message.channel).inc()
        if turn is not None:
            self._start(turn)
        return row if row.state in _FINISHED else await self._wait(row, until)

    async def watch(self) -> None:
        """Take up turns that a killed gateway left behind; runs until cancelled."""
        while True:
            for turn in await asyncio.to_thread(_left_behind):
                logger.warning("turn taken up again", inbound=turn.inbound_id)
                self._start(turn)
            await asyncio.sleep(_SWEEP_SECONDS)

    async def close(self) -> None:
        """Let the running turns end."""
        while self._running:
            await asyncio.wait(self._running)

    def _start(self, turn: inbound.Turn) -> None:
        task = asyncio.create_task(self._run(turn))
        self._running.add(task)
        task.add_done_callback(self._running.discard)

    async def _run(self, first: inbound.Turn) -> None:
        """Run a turn, and then those that came in for the same conversation meanwhile."""
        turn: inbound.Turn | None = first
        while turn is not None:
            answer = await self._answer(turn)
            done = turn.inbound_id
            turn = await asyncio.to_thread(_finish, turn, answer)
            if event := self._waiting.pop(done, None):
                event.set()

    async def _answer(self, turn: inbound.Turn) -> inbound.Answer:
        if turn.silent or turn.data.get("quiet"):
            metrics.TURNS.labels("silent").inc()
            return inbound.Answer(replies=[], state=turn.state)
        try:
            with metrics.TURN_SECONDS.time():
                answer = await self._dialogue.turn(turn)
        except DialogueFailed as error:
            metrics.TURNS.labels("failed").inc()
            logger.error("turn failed", inbound=turn.inbound_id, error=str(error))
            return inbound.Answer(replies=[{"text": APOLOGY}], failed=True)
        metrics.TURNS.labels("answered").inc()
        return answer

    async def _wait(self, row: Inbound, until: float) -> Inbound:
        event = self._waiting.setdefault(row.id, asyncio.Event())
        loop = asyncio.get_running_loop()
        while (left := until - loop.time()) > 0:
            with suppress(TimeoutError):
                await asyncio.wait_for(event.wait(), min(left, _LOOK_SECONDS))
            if event.is_set() or left < _LOOK_SECONDS:
                break
            now = await asyncio.to_thread(_reload, row.id)
            if now.state in _FINISHED:
                return now
        self._waiting.pop(row.id, None)
        found = await asyncio.to_thread(_give_up_waiting, row.id)
        if found.state not in _FINISHED:
            metrics.LATE.inc()
        return found


def _keep(
    message: inbound.Message, effect: Effect | None
) -> tuple[Inbound, inbound.Turn | None, bool]:
    try:
        return _keep_once(message, effect)
    except IntegrityError:  # the same message came twice at the same moment
        return _keep_once(message, effect)


def _keep_once(
    message: inbound.Message, effect: Effect | None
) -> tuple[Inbound, inbound.Turn | None, bool]:
    with unit_of_work() as session:
        row, new = inbound.receive(session, message)
        if not new:
            return row, None, False
        if effect is not None:
            effect(session, row)
        return row, inbound.claim(session, row.conversation_id), True


def _finish(turn: inbound.Turn, answer: inbound.Answer) -> inbound.Turn | None:
    with unit_of_work() as session:
        row = inbound.finish(session, turn.inbound_id, answer)
        if turn.silent:
            alerts.forward(session, row.id)
        if row.late and row.replies:
            _send_later(session, row)
        return inbound.claim(session, turn.conversation_id)


def _send_later(session: Session, row: Inbound) -> None:
    outbox.queue(
        session,
        _recipient(session, row),
        outbox.Content("replies", {"replies": row.replies}),
        key=f"reply:{row.id}",
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
    with unit_of_work() as session:
        turns = []
        for conversation_id in inbound.cut_off(session):
            turn = inbound.claim(session, conversation_id)
            if turn is not None:
                inbound.give_up_waiting(session, turn.inbound_id)
                turns.append(turn)
        return turns


def _reload(inbound_id: int) -> Inbound:
    with unit_of_work() as session:
        return session.get_one(Inbound, inbound_id)


def _give_up_waiting(inbound_id: int) -> Inbound:
    with unit_of_work() as session:
        return inbound.give_up_waiting(session, inbound_id)
