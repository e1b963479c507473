"""A campaign whose workers are killed with -9: real RQ, real Redis, platforms over HTTP."""

import os
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import httpx
import pytest
from sqlmodel import Session, col, select

from app import wiring
from app.sandbox import create_app
from crm_core import clock
from crm_core.campaigns import jobs as campaign_jobs
from crm_core.campaigns.models import Push, PushState
from crm_core.customers.models import Customer
from crm_core.outbox import jobs as outbox_jobs
from crm_core.outbox import ports
from crm_core.outbox.jobs import LEASE
from crm_core.outbox.models import Outbound, OutboundState
from crm_core.settings import settings
from tests.crm_core.campaigns.audience import TEXT, a_sleeper, agree, send
from tests.databases import Database
from tests.serving import a_port, served, url_of

_DEADLINE_SECONDS = 60


@pytest.fixture
def platform(database: Database, monkeypatch: pytest.MonkeyPatch) -> Iterator[httpx.Client]:
    """The stand-in for the platforms; this process and its workers know where it is."""
    port = a_port()
    monkeypatch.setenv("DIANYU_SANDBOX_URL", url_of(port))
    monkeypatch.setenv("DIANYU_DATABASE_URL", database.url)
    for table in ("_ports", "_listeners", "_guards"):
        monkeypatch.setattr(ports, table, {})
    settings.cache_clear()
    with (
        served(create_app(), port) as url,
        httpx.Client(base_url=f"{url}/control", timeout=10, trust_env=False) as control,
        wiring.plug_in(settings()),
    ):
        yield control


@contextmanager
def a_worker() -> Iterator[subprocess.Popen[bytes]]:
    """A worker process as `make run` starts it, killed at the end."""
    command = [sys.executable, "-m", "app.worker", "bulk"]
    with subprocess.Popen(command, env=dict(os.environ)) as process:
        try:
            yield process
        finally:
            process.kill()


def until(condition: Callable[[], bool]) -> None:
    """Look again until it is so."""
    deadline = time.monotonic() + _DEADLINE_SECONDS
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def states(session: Session) -> Counter[str]:
    session.rollback()
    return Counter(session.exec(select(Outbound.state)).all())


def received(platform: httpx.Client, customer: Customer) -> list[str]:
    """The texts that arrived on a customer's phone."""
    items: list[dict[str, Any]] = platform.get(f"/phones/{customer.id}").json()["items"]
    return [str(item["text"]) for item in items if item["direction"] == "received"]


def owning_a_phone(platform: httpx.Client, customer: Customer, openid: str | None = None) -> None:
    number = (customer.phone or "").removeprefix("+86")
    persona = {"id": str(customer.id), "name": "王晓梅", "openid": openid, "phone": number or None}
    platform.post("/personas", json=persona).raise_for_status()


def next_call_hangs(platform: httpx.Client, where: str, *, arrives: bool) -> None:
    fault = {"kind": "timeout", "where": where, "seconds": _DEADLINE_SECONDS, "after": arrives}
    platform.post("/faults", json=fault).raise_for_status()


def the_lease_ends() -> None:
    """Later, for every process of this home: nobody believes in the cut-off calls any more."""
    clock.share(clock.now() + LEASE + timedelta(seconds=5))
    clock.reset()


def work_until_settled(session: Session) -> None:
    """A new worker, and what cron does meanwhile."""

    def is_settled() -> bool:
        campaign_jobs.resume()
        outbox_jobs.sweep()
        clock.share(clock.now() + timedelta(seconds=1))  # pauses between attempts pass quickly
        clock.reset()
        open_states = {OutboundState.PENDING, OutboundState.SENDING}
        return not open_states & states(session).keys()

    with a_worker():
        until(is_settled)


def test_nobody_is_lost_and_nobody_is_written_to_twice(
    session: Session, platform: httpx.Client
) -> None:
    texted = [a_sleeper(session, phone=f"+8613800138{n:03d}") for n in range(12)]
    leaving = a_sleeper(session, phone="+8613800139000")
    for customer in (*texted, leaving):
        owning_a_phone(platform, customer)
    followers = [a_sleeper(session, openid=f"o{n}") for n in range(4)]
    for number, customer in enumerate(followers):
        owning_a_phone(platform, customer, f"o{number}")
    campaign = send()

    next_call_hangs(platform, "/sms", arrives=True)
    with a_worker():
        until(lambda: bool(received(platform, texted[0])))
    assert states(session)[OutboundState.SENDING] == 1
    assert send().id == campaign.id  # the command a second time, in the middle

    agree(session, leaving, to_it=False)  # is in the outbox already

    next_call_hangs(platform, "/sms", arrives=False)
    with a_worker():
        until(lambda: states(session)[OutboundState.SENDING] == 2)

    next_call_hangs(platform, "/mass/send", arrives=True)
    with a_worker():
        until(lambda: all(received(platform, one) for one in followers))

    the_lease_ends()
    work_until_settled(session)

    session.rollback()
    pushes = session.exec(
        select(Push).where(Push.campaign_id == campaign.id).order_by(col(Push.id))
    ).all()
    everybody = [*texted, leaving, *followers]
    assert [push.customer_id for push in pushes] == [one.id for one in everybody]
    ended = {push.customer_id: push.state for push in pushes}
    assert ended[leaving.id] is PushState.SKIPPED
    assert received(platform, leaving) == []
    unknown = [one for one in texted if ended[one.id] is PushState.UNKNOWN]
    assert len(unknown) == 2
    assert sorted(len(received(platform, one)) for one in unknown) == [0, 1]
    for one in [*texted, *followers]:
        if one not in unknown:
            assert ended[one.id] is PushState.SENT
            (text,) = received(platform, one)
            assert TEXT in text
