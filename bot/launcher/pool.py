"""Worker processes: spawned, asked, replaced when one dies."""

import asyncio
import itertools
import logging
import socket
import sys
from http import HTTPStatus
from pathlib import Path

from bot.launcher import frames

logger = logging.getLogger(__name__)
CLOSING_SECONDS = 1.0
# More waiting than this is several seconds of work: better to say so than to answer too late.
MOST_WAITING = 200


class NotReady(Exception):
    """No worker can take the request now."""


class WorkerDied(Exception):
    """The worker that had the request is gone; whether the turn ran is unknown."""


class Pool:
    """Workers of one model; each request goes to the one with the least to do."""

    def __init__(self, model: Path, size: int) -> None:
        self._model = model
        self._size = size
        self._workers: list[_Worker] = []
        self._all_were_warm = False
        self._closing = False
        self.failed = asyncio.Event()  # set when a worker could not even start

    @property
    def is_ready(self) -> bool:
        """Whether every worker has been warm, and one is now."""
        warm = [worker for worker in self._workers if worker.is_warm]
        self._all_were_warm = self._all_were_warm or len(warm) == self._size
        return self._all_were_warm and bool(warm)

    async def open(self) -> None:
        """Start every worker; they are warm some seconds later."""
        for _ in range(self._size):
            await self._start()

    async def ask(self, code: int, body: bytes) -> frames.Frame:
        """One worker's answer.

        Raises:
            NotReady: the workers are not warm yet, or have too much to do.
            WorkerDied: the worker died over it.
        """
        warm = [worker for worker in self._workers if worker.is_warm]
        if not self.is_ready or sum(worker.load for worker in warm) >= MOST_WAITING:
            raise NotReady
        return await min(warm, key=lambda worker: worker.load).ask(code, body)

    async def ask_all(self, code: int) -> list[frames.Frame]:
        """Every worker's answer.

        Raises:
            NotReady: the workers are not warm yet.
            WorkerDied: a worker died over it.
        """
        if not self.is_ready:
            raise NotReady
        warm = [worker for worker in self._workers if worker.is_warm]
        return await asyncio.gather(*(worker.ask(code, b"") for worker in warm))

    async def close(self) -> None:
        """End the workers: at once when idle, by force after a second."""
        self._closing = True
        await asyncio.gather(*(worker.close() for worker in self._workers))

    async def _start(self) -> None:
        worker = await _Worker.spawn(self._model)
        self._workers.append(worker)
        worker.watching.add_done_callback(lambda _: self._lost(worker))

    def _lost(self, worker: "_Worker") -> None:
        if self._closing:
            return
        self._workers.remove(worker)
        if not worker.is_warm:
            self.failed.set()
            return
        logger.error("a worker died; starting another")
        self._restarting = asyncio.ensure_future(self._start())


class _Worker:
    """One child process and the requests it has not answered yet."""

    def __init__(
        self,
        process: asyncio.subprocess.Process,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
    ) -> None:
        self._process = process
        self._reader = reader
        self._writer = writer
        self._numbers = itertools.count(1)
        self._waiting: dict[int, asyncio.Future[frames.Frame]] = {}
        self.is_warm = False
        self.watching = asyncio.create_task(self._watch())

    @classmethod
    async def spawn(cls, model: Path) -> "_Worker":
        """A fresh process, not a fork: a fork of a process that used a model hangs."""
        ours, theirs = socket.socketpair()
        with theirs:
            process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-m", "bot.launcher.worker"),
                *("--model", str(model), "--socket", str(theirs.fileno())),
                stdin=asyncio.subprocess.DEVNULL,
                pass_fds=[theirs.fileno()],
            )
        return cls(process, *await asyncio.open_connection(sock=ours))

    @property
    def load(self) -> int:
        return len(self._waiting)

    async def ask(self, code: int, body: bytes) -> frames.Frame:
        number = next(self._numbers) & 0xFFFFFFFF
        answer: asyncio.Future[frames.Frame] = asyncio.get_running_loop().create_future()
        self._waiting[number] = answer
        try:
            frames.write(self._writer, frames.Frame(number, code, body))
            return await answer
        finally:
            del self._waiting[number]

    async def close(self) -> None:
        self._writer.close()
        try:
            await asyncio.wait_for(self._process.wait(), CLOSING_SECONDS)
        except asyncio.TimeoutError:
            self._process.kill()
            await self._process.wait()

    async def _watch(self) -> None:
        try:
            while True:
                frame = await frames.read(self._reader)
                if frame.number == frames.WARM:
                    self.is_warm = frame.code == HTTPStatus.OK
                elif (answer := self._waiting.get(frame.number)) and not answer.done():
                    answer.set_result(frame)
        except (asyncio.IncompleteReadError, ConnectionError):
            for answer in self._waiting.values():
                if not answer.done():
                    answer.set_exception(WorkerDied())
            await self._process.wait()
