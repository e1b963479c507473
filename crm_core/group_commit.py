"""Many small writes in one transaction: on SQLite one writes at a time, and a commit costs a sync.

While one transaction is being committed, the next writes gather; under load they share the cost.
Servers let many write at once, so there each write has a transaction of its own.
"""

import asyncio
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from queue import Empty, SimpleQueue
from typing import Any, TypeVar

from sqlmodel import Session

from crm_core.db import engine, unit_of_work

T = TypeVar("T")
Work = Callable[[Session], T]

_MOST_TOGETHER = 64


@dataclass
class _Write:
    work: Work[Any]
    done: Future[Any] = field(default_factory=Future)


class Writer:
    """The gathered writes of one process; `close` it when nothing is written any more."""

    def __init__(self) -> None:
        self._waiting: SimpleQueue[_Write | None] = SimpleQueue()
        self._thread: threading.Thread | None = None

    async def write(self, work: Work[T]) -> T:
        """Do `work` in a unit of work and return what it returns, once that is committed.

        `work` may run twice, the second time alone, where one that shared its transaction fails:
        all that it does must be in the session. Whatever it raises is raised here, and undoes
        nothing of the others.
        """
        if engine().dialect.name != "sqlite":
            return await asyncio.to_thread(_alone, work)
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name="writer", daemon=True)
            self._thread.start()
        write = _Write(work)
        self._waiting.put(write)
        result: T = await asyncio.wrap_future(write.done)
        return result

    async def close(self) -> None:
        """Let the writes that wait be committed, and end the thread."""
        if self._thread is not None:
            self._waiting.put(None)
            await asyncio.to_thread(self._thread.join)
            self._thread = None

    def _run(self) -> None:
        while (first := self._waiting.get()) is not None:
            together = [first, *self._gathered()]
            _commit([write for write in together if write.done.set_running_or_notify_cancel()])

    def _gathered(self) -> list[_Write]:
        gathered: list[_Write] = []
        while len(gathered) < _MOST_TOGETHER - 1:
            try:
                write = self._waiting.get_nowait()
            except Empty:
                break
            if write is None:
                self._waiting.put(None)  # the thread ends after these
                break
            gathered.append(write)
        return gathered


def _alone(work: Work[T]) -> T:
    with unit_of_work() as session:
        return work(session)


def _commit(writes: Sequence[_Write]) -> None:
    try:
        results = _together(writes)
    except Exception as error:  # noqa: BLE001 - it is the caller's, on the caller's thread
        if len(writes) == 1:
            writes[0].done.set_exception(error)
        else:
            for write in writes:
                _commit([write])
        return
    for write, result in zip(writes, results, strict=True):
        write.done.set_result(result)


def _together(writes: Sequence[_Write]) -> list[Any]:
    results = []
    with unit_of_work() as session:
        for write in writes:
            results.append(write.work(session))
            session.flush()
            session.expunge_all()  # the next one loads what it needs as it stands
    return results
