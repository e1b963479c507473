import asyncio
import os
import signal
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from app.run.errors import CannotRun
from app.run.supervisor import Patience, Supervisor, backoff_seconds
from app.run.wardship import Wardship
from tests.app.run.conftest import a_process, eventually, lives, pids


@asynccontextmanager
async def supervising(
    folder: Path, said: list[str], patience: Patience
) -> AsyncIterator[Supervisor]:
    wardship = Wardship(1)
    supervisor = Supervisor(folder / "logs", os.environ, wardship, said.append, patience)
    try:
        yield supervisor
    finally:
        await supervisor.stop()


async def soon(true: Callable[[], bool]) -> None:
    await asyncio.to_thread(eventually, true)


async def kill_start(number: int, path: Path) -> None:
    """Kill -9 what was started as the number-th, once it was."""
    await soon(lambda: len(pids(path)) == number)
    os.kill(pids(path)[-1], signal.SIGKILL)


def test_the_backoff_doubles_up_to_half_a_minute() -> None:
    assert [backoff_seconds(n) for n in range(7)] == [1, 2, 4, 8, 16, 30, 30]


def test_a_child_that_dies_is_started_again_with_growing_delays(here: Path) -> None:
    failures: list[int] = []
    said: list[str] = []

    def backoff(count: int) -> float:
        failures.append(count)
        return 0.01

    async def given() -> None:
        async with supervising(here, said, Patience(backoff=backoff)) as supervisor:
            await supervisor.start([a_process(here, "worker")])
            watching = asyncio.create_task(supervisor.watch())
            for number in (1, 2, 3):
                await kill_start(number, here / "worker.pids")
            await soon(lambda: len(pids(here / "worker.pids")) == 4)
            watching.cancel()

    asyncio.run(given())

    assert failures == [0, 1, 2]
    assert any("worker ended (killed by SIGKILL) and starts again in 0.01 s" in s for s in said)


def test_a_child_that_ran_long_enough_starts_its_backoff_anew(here: Path) -> None:
    failures: list[int] = []

    def backoff(count: int) -> float:
        failures.append(count)
        return 0.01

    async def given() -> None:
        async with supervising(here, [], Patience(backoff=backoff, steady=0)) as supervisor:
            await supervisor.start([a_process(here, "worker")])
            watching = asyncio.create_task(supervisor.watch())
            for number in (1, 2):
                await kill_start(number, here / "worker.pids")
            await soon(lambda: len(pids(here / "worker.pids")) == 3)
            watching.cancel()

    asyncio.run(given())

    assert failures == [0, 0]


def test_what_a_dead_child_left_is_ended_before_it_starts_again(here: Path) -> None:
    async def given() -> list[int]:
        quick = Patience(backoff=lambda _: 0)
        async with supervising(here, [], quick) as supervisor:
            await supervisor.start([a_process(here, "rasa", "family")])
            watching = asyncio.create_task(supervisor.watch())
            leader, offspring = pids(here / "rasa.pids")
            os.kill(leader, signal.SIGKILL)
            await soon(lambda: len(pids(here / "rasa.pids")) == 4)
            watching.cancel()
            return [pid for pid in (leader, offspring) if lives(pid)]

    assert asyncio.run(given()) == []


def test_a_child_that_dies_while_starting_is_named_with_its_last_words(here: Path) -> None:
    async def given() -> None:
        async with supervising(here, [], Patience()) as supervisor:
            await supervisor.start([a_process(here, "rasa"), a_process(here, "gateway", "dies")])

    with pytest.raises(CannotRun) as failed:
        asyncio.run(given())

    assert "gateway did not start (exit status 1)" in str(failed.value)
    assert "a reason to die" in str(failed.value)
    assert not any(map(lives, pids(here / "rasa.pids")))


def test_last_words_of_an_earlier_run_are_not_repeated(here: Path) -> None:
    (here / "logs").mkdir()
    (here / "logs" / "gateway.log").write_text("an old story\n")

    async def given() -> None:
        async with supervising(here, [], Patience()) as supervisor:
            await supervisor.start([a_process(here, "gateway", "dies")])

    with pytest.raises(CannotRun) as failed:
        asyncio.run(given())

    assert "an old story" not in str(failed.value)


def test_a_child_that_is_never_ready_stops_the_start(here: Path) -> None:
    never = a_process(here, "other")
    silent = a_process(here, "ui")
    process = type(silent)("ui", silent.command, never.ready)

    async def given() -> None:
        async with supervising(here, [], Patience(ready=0.5)) as supervisor:
            await supervisor.start([process])

    with pytest.raises(CannotRun, match=r"ui did not start \(not ready after 0.5 s\)"):
        asyncio.run(given())


def test_a_command_that_does_not_exist_is_named(here: Path) -> None:
    stranger = a_process(here, "rasa")
    process = type(stranger)("rasa", ("nlu/no-such-python",), stranger.ready)

    async def given() -> None:
        async with supervising(here, [], Patience()) as supervisor:
            await supervisor.start([process])

    with pytest.raises(CannotRun, match=r"rasa cannot be started: .*no-such-python"):
        asyncio.run(given())


@pytest.mark.parametrize("traits", [("family",), ("family", "stubborn")])
def test_stopping_leaves_neither_child_nor_grandchild(here: Path, traits: tuple[str, ...]) -> None:
    async def given() -> list[int]:
        async with supervising(here, [], Patience(grace=0.5)) as supervisor:
            await supervisor.start([a_process(here, "redis"), a_process(here, "rasa", *traits)])
            return [*pids(here / "redis.pids"), *pids(here / "rasa.pids")]

    started = asyncio.run(given())

    assert len(started) == 3
    assert not any(map(lives, started))


def test_a_second_wish_to_stop_kills_at_once(here: Path) -> None:
    async def given() -> None:
        supervisor = Supervisor(here / "logs", os.environ, Wardship(1), print, Patience(grace=600))
        await supervisor.start([a_process(here, "rasa", "stubborn")])
        stopping = asyncio.create_task(supervisor.stop())
        await asyncio.sleep(0)
        stopping.cancel()
        await asyncio.wait({stopping})
        await soon(lambda: not any(map(lives, pids(here / "rasa.pids"))))

    asyncio.run(given())


def test_a_killed_warden_is_replaced_and_knows_everything(here: Path) -> None:
    wardship = Wardship(1)
    old = wardship._warden.pid  # noqa: SLF001 (nobody else needs to know)
    os.kill(old, signal.SIGKILL)
    eventually(lambda: not lives(old))

    wardship.took(2**22 + 1)  # over the highest process id there is
    wardship.close()

    assert wardship._warden.pid != old  # noqa: SLF001
    assert wardship._warden.returncode == 0  # noqa: SLF001
