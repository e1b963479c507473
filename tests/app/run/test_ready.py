import asyncio
import os
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
from rq import SimpleWorker
from rq.cron import CronScheduler

from app.run import ready
from app.run.health import healthy
from app.run.ready import Ready
from crm_core import queues
from crm_core.settings import settings


@pytest.fixture
def url() -> Iterator[str]:
    """A server that answers /503 with 503 and so on."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(int(self.path[1:]))
            self.end_headers()

        def log_message(self, *_: object) -> None: ...

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


@pytest.fixture
def worker() -> Iterator[SimpleWorker]:
    made = SimpleWorker([queues.get(queues.URGENT)], connection=queues.redis())
    made.register_birth()
    yield made
    made.register_death()


def is_ready(check: Ready, pid: int = 1) -> bool:
    return asyncio.run(_ask(check, pid))


async def _ask(check: Ready, pid: int) -> bool:
    return await check(pid)


def test_a_server_is_ready_once_it_answers_well(url: str) -> None:
    assert is_ready(ready.over_http(f"{url}/200"))
    assert not is_ready(ready.over_http(f"{url}/503"))
    assert not is_ready(ready.over_http("http://127.0.0.1:9"))


def test_redis_is_ready_once_it_answers() -> None:
    assert is_ready(ready.redis_pings(settings().redis_url))
    assert not is_ready(ready.redis_pings("unix:///no/such/redis.sock"))


@pytest.mark.usefixtures("worker")
def test_a_worker_is_ready_once_rq_knows_its_process() -> None:
    known = ready.known_to_rq(settings().redis_url, ready.workers)

    assert is_ready(known, os.getpid())
    assert not is_ready(known, os.getppid())


def test_cron_is_ready_once_rq_knows_its_process() -> None:
    known = ready.known_to_rq(settings().redis_url, ready.schedulers)
    assert not is_ready(known, os.getpid())

    CronScheduler(connection=queues.redis()).register_birth()

    assert is_ready(known, os.getpid())


@pytest.mark.usefixtures("worker")
def test_a_container_is_healthy_while_rq_hears_from_it(url: str) -> None:
    assert healthy("worker")
    assert not healthy("cron")
    assert healthy(f"{url}/200")
    assert not healthy(f"{url}/503")
