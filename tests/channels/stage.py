"""A running gateway between a real stand-in for the platforms and a Rasa stubbed at the socket."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import httpx
import pytest
from fastapi import FastAPI, Request
from fastapi.concurrency import run_in_threadpool

from app.gateway import create_app
from app.sandbox import accounts_of
from channels.sandbox.app import create_app as stand_in
from channels.sandbox.config import Limits
from crm_core.settings import settings
from tests.serving import a_port, served, url_of

Json = dict[str, Any]


def echo(turn: Json) -> Json:
    """Answers with what was said."""
    said = turn.get("text") or turn.get("intent")
    return {
        "replies": [{"text": f"收到：{said}"}],
        "intent": {"name": "greet", "confidence": 0.9},
        "entities": [],
        "failed_actions": [],
        "state": {"events": [said]},
    }


@dataclass
class Rasa:
    """Speaks the turn channel of docs/architecture.md; `answer` decides what."""

    answer: Callable[[Json], Json] = echo
    turns: list[Json] = field(default_factory=list)
    free: threading.Event = field(default_factory=threading.Event)  # turns wait until it is set
    begun: threading.Event = field(default_factory=threading.Event)

    def app(self) -> FastAPI:
        made = FastAPI()

        @made.post("/webhooks/dianyu/turn")
        async def turn(request: Request) -> Json:
            said = await request.json()
            self.turns.append(said)
            self.begun.set()
            assert await run_in_threadpool(self.free.wait, 20)
            return self.answer(said)

        @made.get("/webhooks/dianyu/ready")
        async def ready() -> Json:
            return {}

        return made


@dataclass
class Stage:
    """The gateway, its surroundings, and ways to look at them."""

    url: str
    rasa: Rasa
    http: httpx.Client  # the sandbox's control API

    def register(self, **persona: Any) -> None:
        self.http.post("/control/personas", json=persona).raise_for_status()

    def say(self, persona: str, text: str = "", **said: Any) -> Json:
        """Deliver as the platform does; what control answers."""
        answer = self.http.post(
            "/control/messages", json={"persona": persona, "text": text, **said}, timeout=30
        )
        answer.raise_for_status()
        given: Json = answer.json()
        return given

    def shown(self, persona: str, text: str = "", **said: Any) -> list[str]:
        """The texts that the answer put on the phone at once."""
        return [item["text"] for item in self.say(persona, text, **said)["shown"]]

    def phone(self, persona: str, *, since: int = 0, wait: float = 0) -> list[Json]:
        answer = self.http.get(
            f"/control/phones/{persona}", params={"since": since, "wait": wait}, timeout=30
        )
        items: list[Json] = answer.raise_for_status().json()["items"]
        return items


@contextmanager
def stage(
    monkeypatch: pytest.MonkeyPatch, *, limits: Limits | None = None, **environ: str
) -> Iterator[Stage]:
    """Start everything on free ports; `environ` are settings without their prefix."""
    rasa = Rasa()
    rasa.free.set()
    for name, value in environ.items():
        monkeypatch.setenv(f"DIANYU_{name}", value)
    port = a_port()  # the sandbox must know the gateway's address and the other way round
    with served(rasa.app()) as rasa_url:
        monkeypatch.setenv("DIANYU_RASA_URL", rasa_url)
        settings.cache_clear()
        with served(stand_in(accounts_of(settings()), url_of(port), limits)) as sandbox_url:
            monkeypatch.setenv("DIANYU_SANDBOX_URL", sandbox_url)
            settings.cache_clear()
            with (
                served(create_app(), port) as url,
                httpx.Client(base_url=sandbox_url, trust_env=False) as http,
            ):
                yield Stage(url, rasa, http)
    settings.cache_clear()
