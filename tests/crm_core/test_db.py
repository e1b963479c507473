import threading
from collections.abc import Callable

import pytest
from redis import RedisError
from rq import Queue
from sqlmodel import Session

from crm_core import db, queues
from crm_core.db import reading, unit_of_work
from crm_core.outbox import service as outbox
from crm_core.outbox.models import Outbound, OutboundState
from crm_core.stores.models import Store

TO = outbox.Recipient("sms", "+8613812345678")
HELLO = outbox.Content("text", {"text": "你好"})


def write(work: Session) -> int:
    return outbox.queue(work, TO, HELLO, key="k", purpose="test").id


def test_nothing_is_enqueued_before_the_commit(session: Session) -> None:
    with unit_of_work() as work:
        write(work)
        assert queues.get(queues.DEFAULT).count == 0
    assert queues.get(queues.DEFAULT).jobs[0].func_name == "crm_core.outbox.jobs.deliver"


def test_an_error_undoes_everything(session: Session) -> None:
    with pytest.raises(RuntimeError), unit_of_work() as work:
        _write_and_fail(work)
    assert queues.get(queues.DEFAULT).count == 0
    assert session.get(Outbound, 1) is None


def test_a_lost_queue_keeps_the_row(session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    def down(*_: object, **__: object) -> None:
        raise RedisError

    monkeypatch.setattr(Queue, "enqueue", down)
    with unit_of_work() as work:
        outbound_id = write(work)
    assert session.get_one(Outbound, outbound_id).state is OutboundState.PENDING


def test_reading_waits_for_no_writer(session: Session) -> None:
    with unit_of_work() as work:
        work.add(Store(code="S1", name="万达店"))
        work.flush()
        with reading() as other:
            assert other.get(Store, 1) is None


def test_two_writers_wait_for_each_other(session: Session) -> None:
    order: list[str] = []
    inside = threading.Event()

    def second() -> None:
        inside.wait(5)
        with unit_of_work():
            order.append("second")

    thread = threading.Thread(target=second)
    thread.start()
    with unit_of_work():
        inside.set()
        order.append("first")
    thread.join(5)
    assert order == ["first", "second"]


def test_a_writer_does_not_wait_for_ever(session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(db, "_BUSY_SECONDS", 0.05)
    nested: Callable[[], None] = _write_inside
    with unit_of_work(), pytest.raises(TimeoutError):
        nested()


def _write_and_fail(work: Session) -> None:
    write(work)
    raise RuntimeError


def _write_inside() -> None:
    with unit_of_work():
        pass
