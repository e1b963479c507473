from collections.abc import Iterator

import httpx
import pytest

from channels.sandbox.app import create_app
from channels.sandbox.config import Limits
from tests.channels.sandbox.gateway import Gateway
from tests.channels.sandbox.platform import CUSTOMER, OTHER, STAFF, Platform, some_accounts
from tests.serving import served

LIMITS = Limits(callback_timeout_seconds=0.4)  # five seconds would make slow tests


@pytest.fixture(scope="session")
def running_gateway() -> Iterator[tuple[Gateway, str]]:
    gateway = Gateway(some_accounts())
    with served(gateway.app()) as url:
        yield gateway, url


@pytest.fixture
def gateway(running_gateway: tuple[Gateway, str]) -> Gateway:
    running_gateway[0].reset(some_accounts())
    return running_gateway[0]


@pytest.fixture(scope="session")
def running(running_gateway: tuple[Gateway, str]) -> Iterator[Platform]:
    accounts = some_accounts()
    with (
        served(create_app(accounts, running_gateway[1], LIMITS)) as url,
        httpx.Client(base_url=url, timeout=10, trust_env=False) as http,
    ):
        yield Platform(url, accounts, http)


@pytest.fixture
def platform(running: Platform, gateway: Gateway) -> Platform:
    """A stand-in that has forgotten everything but three people."""
    running.post("/reset")
    gateway.received.clear()  # what the test before left under way
    running.post("/personas", [CUSTOMER, OTHER, STAFF])
    return running
