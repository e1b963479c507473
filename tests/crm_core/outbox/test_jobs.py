from datetime import timedelta

import pytest
from rq import SimpleWorker
from rq.serializers import JSONSerializer
from sqlmodel import Session

from crm_core import clock, queues
from crm_core.db import unit_of_work
from crm_core.outbox import jobs, ports
from crm_core.outbox import service as outbox
from crm_core.outbox.models import Outbound, OutboundState

TO = outbox.Recipient("sms", "+8613812345678")
HELLO = outbox.Content("text", {"text": "你好"})


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The ids of the rows that went out, behind a channel that only remembers."""
    given: list[int] = []

    def send(row: Outbound) -> ports.Receipt:
        given.append(row.id)
        return ports.Receipt()

    monkeypatch.setattr(ports, "_ports", {"sms": ports.Port(send)})
    return given


def queued(number: int = 1, **more: object) -> list[int]:
    """Rows that a unit of work has put into the outbox."""
    with unit_of_work() as work:
        rows = [
            outbox.queue(work, TO, HELLO, key=f"k{n}", purpose="test", **more)  # type: ignore[arg-type]
            for n in range(number)
        ]
        return [row.id for row in rows]


def work() -> None:
    """What the worker of the default queue does until nothing is left."""
    listed = [queues.get(queues.DEFAULT)]
    worker = SimpleWorker(listed, connection=queues.redis(), serializer=JSONSerializer)
    worker.work(burst=True, logging_level="CRITICAL")


def count() -> int:
    return queues.get(queues.DEFAULT).count


class TestSweeping:
    def test_leaves_what_is_queued_where_it_is(self, session: Session) -> None:
        queued(3)
        jobs.sweep()
        jobs.sweep()
        assert count() == 3

    def test_enqueues_what_the_courier_lost(self, session: Session, sent: list[int]) -> None:
        ids = queued(3)
        queues.redis().flushall()
        jobs.sweep()
        jobs.sweep()
        assert count() == 3
        work()
        assert sorted(sent) == ids

    def test_finds_a_lost_one_behind_many_that_are_queued(
        self, session: Session, sent: list[int], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(jobs, "_SWEEP_LIMIT", 2)
        lost = queued(4)[-1]
        queue = queues.get(queues.DEFAULT)
        queue.remove(queues.job_id(jobs.deliver, lost))
        jobs.sweep()
        assert count() == 4
        work()
        assert lost in sent

    def test_takes_no_more_than_its_share_at_once(
        self, session: Session, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(jobs, "_SWEEP_LIMIT", 2)
        queued(3)
        queues.redis().flushall()
        jobs.sweep()
        assert count() == 2
        jobs.sweep()
        assert count() == 3

    def test_enqueues_at_its_hour_what_was_to_wait(self, session: Session, sent: list[int]) -> None:
        ids = queued(not_before=clock.now() + timedelta(hours=1))
        jobs.sweep()
        assert count() == 0
        clock.set_to(clock.now() + timedelta(hours=1))
        jobs.sweep()
        work()
        assert sent == ids

    def test_enqueues_another_attempt_after_its_pause(
        self, session: Session, sent: list[int], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def busy(_: Outbound) -> ports.Receipt:
            raise ports.SendError("-1", permanent=False)

        recovered = ports.port("sms")
        ports.plug("sms", busy)
        ids = queued()
        work()
        monkeypatch.setitem(ports._ports, "sms", recovered)  # noqa: SLF001
        jobs.sweep()
        assert count() == 0  # too early
        clock.set_to(clock.now() + timedelta(seconds=3))
        jobs.sweep()
        work()
        assert sent == ids

    def test_what_was_sent_is_not_looked_at_again(self, session: Session, sent: list[int]) -> None:
        queued()
        work()
        jobs.sweep()
        assert (count(), len(sent)) == (0, 1)

    def test_a_job_that_lies_there_twice_sends_once(
        self, session: Session, sent: list[int]
    ) -> None:
        (outbound_id,) = queued()
        queues.enqueue(queues.DEFAULT, jobs.deliver, outbound_id)
        queued()
        work()
        assert sent == [outbound_id]
        assert count() == 0

    def test_a_call_that_was_cut_off_is_unknown_and_stays_so(
        self, session: Session, sent: list[int]
    ) -> None:
        (outbound_id,) = queued()
        row = session.get_one(Outbound, outbound_id)
        row.state, row.claimed_at = OutboundState.SENDING, clock.now() - 2 * jobs.LEASE
        session.commit()
        jobs.sweep()
        work()
        session.refresh(row)
        assert (row.state, sent) == (OutboundState.UNKNOWN, [])
