"""The /try page in a real browser, through the gateway's proxy."""

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from http import HTTPStatus

import httpx
import pytest
from playwright.sync_api import Page, expect, sync_playwright
from sqlalchemy import Engine
from sqlmodel import Session

from crm_core.authz import Role
from crm_core.customers import service as customers
from crm_core.customers.models import IdentityKind
from crm_core.settings import settings
from tests.channels.stage import Stage, stage
from tests.factories import a_customer, a_staff, a_store
from tests.serving import a_port, url_of

CHROMIUM = shutil.which("chromium")
ARGUMENTS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
]  # fmt: skip

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="needs Debian's chromium")


@pytest.fixture
def page(monkeypatch: pytest.MonkeyPatch, engine: Engine, session: Session) -> Iterator[Page]:
    store = a_store(session)
    assistant = a_staff(session, "陈静", store=store)
    a_staff(session, "赵敏", role=Role.MANAGER, store=store)
    customer = a_customer(session, "林晓月", assistant=assistant)
    with a_port() as free:
        ui_url = url_of(free)
    with stage(monkeypatch, UI_URL=ui_url) as made, _ui(made, ui_url):
        account = settings().oa_appid
        customers.identify(
            session, customer, IdentityKind.OA_OPENID, "oLin", account=account, source="test"
        )
        session.commit()
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
            opened = browser.new_page(viewport={"width": 1300, "height": 900})
            opened.goto(f"{made.url}/try")
            yield opened
            browser.close()


class _ui:  # noqa: N801 - used as a context manager
    """The real UI process, which finds the stage's sandbox and gateway."""

    def __init__(self, on: Stage, url: str) -> None:
        port, gateway = int(url.rsplit(":", 1)[1]), int(on.url.rsplit(":", 1)[1])
        code = (
            "import uvicorn; from app.ui import create_app; from crm_core.settings import settings;"
            f"uvicorn.run(create_app(settings()), port={port}, ws_per_message_deflate=False,"
            "log_level='warning')"
        )
        environ = {**os.environ, "DIANYU_PORT": str(gateway)}
        self._process = subprocess.Popen([sys.executable, "-c", code], env=environ)
        self._url = url

    def __enter__(self) -> None:
        until = time.monotonic() + 60
        while time.monotonic() < until:
            try:
                if httpx.get(f"{self._url}/healthz").status_code == HTTPStatus.OK:
                    return
            except httpx.TransportError:
                assert self._process.poll() is None
        raise TimeoutError(self._url)

    def __exit__(self, *_: object) -> None:
        self._process.terminate()
        self._process.wait(10)


def test_three_phones_can_be_talked_to(page: Page) -> None:
    phones = page.locator(".phone")
    expect(phones).to_have_count(3, timeout=30_000)
    shopper = phones.nth(0)
    shopper.get_by_placeholder("发消息").fill("我有多少积分")
    shopper.get_by_role("button", name="发送").click()
    expect(shopper.locator(".bubble.own")).to_have_text("我有多少积分", timeout=30_000)
    expect(shopper.locator(".bubble.other")).to_have_text("收到：我有多少积分", timeout=30_000)
    phones.nth(2).get_by_role("button", name="今天卖得怎么样").click()
    expect(phones.nth(2).locator(".bubble.other")).to_have_text(
        "收到：今天卖得怎么样", timeout=30_000
    )
    expect(phones.nth(1).locator(".bubble")).to_have_count(0)
