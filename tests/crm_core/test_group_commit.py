import asyncio
from collections.abc import Callable

import pytest
from sqlalchemy.exc import IntegrityError
from sqlmodel import Session, select

from crm_core.group_commit import Writer
from crm_core.stores.models import Store

Work = Callable[[Session], int]


def adding(code: str) -> Work:
    def work(session: Session) -> int:
        store = Store(code=code, name=f"{code}店")
        session.add(store)
        session.flush()
        return store.id

    return work


async def gather(*works: Work) -> list[int | BaseException]:
    writer = Writer()
    outcomes = await asyncio.gather(*map(writer.write, works), return_exceptions=True)
    await writer.close()
    return outcomes


@pytest.mark.every_database
def test_every_write_returns_its_own_result(session: Session) -> None:
    codes = [f"S{number}" for number in range(100)]
    outcomes = asyncio.run(gather(*map(adding, codes)))
    stored = {store.id: store.code for store in session.exec(select(Store))}
    assert [stored[int(str(outcome))] for outcome in outcomes] == codes


@pytest.mark.every_database
def test_a_write_that_fails_takes_no_other_with_it(session: Session) -> None:
    outcomes = asyncio.run(gather(adding("S1"), adding("S2"), adding("S1"), adding("S3")))
    assert sum(isinstance(outcome, IntegrityError) for outcome in outcomes) == 1
    assert sorted(session.exec(select(Store.code))) == ["S1", "S2", "S3"]


def test_a_write_sees_what_the_one_before_it_changed(session: Session) -> None:
    def rename(session: Session) -> str:
        store = session.exec(select(Store)).one()
        store.name += "新"
        return store.name

    async def twice() -> list[str]:
        writer = Writer()
        await writer.write(adding("S1"))
        first, second = await asyncio.gather(writer.write(rename), writer.write(rename))
        await writer.close()
        return [first, second]

    assert asyncio.run(twice()) == ["S1店新", "S1店新新"]


def test_what_waits_is_committed_before_the_end(session: Session) -> None:
    async def close_at_once() -> None:
        writer = Writer()
        written = asyncio.create_task(writer.write(adding("S1")))
        await asyncio.sleep(0)
        await writer.close()
        await written

    asyncio.run(close_at_once())
    assert session.exec(select(Store.code)).all() == ["S1"]


def test_a_write_nobody_waits_for_any_more_harms_no_other(session: Session) -> None:
    async def give_up() -> None:
        writer = Writer()
        for code in ("S1", "S2", "S3"):
            task = asyncio.create_task(writer.write(adding(code)))
            await asyncio.sleep(0)
            task.cancel()
        await writer.write(adding("S4"))
        await writer.close()

    asyncio.run(give_up())
    assert "S4" in session.exec(select(Store.code)).all()


def test_a_closed_writer_can_write_again(session: Session) -> None:
    async def again() -> None:
        writer = Writer()
        for code in ("S1", "S2"):
            await writer.write(adding(code))
            await writer.close()

    asyncio.run(again())
    assert len(session.exec(select(Store)).all()) == 2
