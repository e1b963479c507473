"""The sandbox for programs: `/try/messages`, `/try/parse`, `/try/counters` (demo only)."""

import asyncio
import secrets
from collections.abc import Awaitable, Callable
from http import HTTPStatus
from typing import Any

import httpx
from fastapi import FastAPI, HTTPException
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from app import personas
from channels.dialogue import Dialogue, DialogueFailed
from channels.sandbox.said import message_number
from crm_core.authz import Role
from crm_core.clock import now
from crm_core.db import reading
from crm_core.inbound import service as inbound
from crm_core.inbound.models import Inbound, InboundState
from crm_core.outbox import service as outbox
from crm_core.settings import Settings

_TURN_SECONDS = 30.0
_LOOK_SECONDS = 0.05


class Message(BaseModel):
    """What a persona says; further fields are the sandbox's (`kind`, `recognition`, `scene` …)."""

    model_config = ConfigDict(extra="allow")

    persona: str = Field(min_length=1, max_length=128)
    text: str = Field(default="", max_length=20_000)
    message_id: str | None = Field(default=None, max_length=128)


class Utterance(BaseModel):
    """A text to be understood as somebody of this role said it."""

    role: Role | None = None
    text: str = Field(max_length=4000)
    now: AwareDatetime | None = None


def open_on(made: FastAPI, config: Settings, dialogue: Dialogue) -> Callable[[], Awaitable[None]]:
    """Add the routes to the gateway; call the result at the end."""
    started_at = now()
    door = _Door(config)

    @made.post("/try/messages", tags=["try"])
    async def say(message: Message) -> dict[str, Any]:
        return await door.say(message)

    @made.post("/try/personas", tags=["try"])
    async def register() -> dict[str, bool]:
        await door.register()
        return {"ok": True}

    @made.post("/try/parse", tags=["try"])
    async def parse(said: Utterance | list[Utterance]) -> Any:
        items = said if isinstance(said, list) else [said]
        try:
            parsed = await dialogue.parse([one.model_dump(mode="json") for one in items])
        except DialogueFailed as error:
            raise HTTPException(HTTPStatus.SERVICE_UNAVAILABLE, "Rasa 没有应答") from error
        return parsed if isinstance(said, list) else parsed[0]

    @made.get("/try/counters", tags=["try"])
    def counters() -> dict[str, int]:
        with reading() as session:
            sent = {"outbound": outbox.sent_in_all(session, since=started_at)}
            return inbound.counts(session, since=started_at) | sent

    return door.close


class _Door:
    """Hands what a program says to the sandbox and waits for the turn to be complete."""

    def __init__(self, config: Settings) -> None:
        self._appid = config.oa_appid
        self._accounts = {"oa": config.oa_appid, "wecom": config.wecom_corpid}
        self._client = httpx.AsyncClient(base_url=config.sandbox_url, timeout=_TURN_SECONDS)

    async def close(self) -> None:
        await self._client.aclose()

    async def say(self, message: Message) -> dict[str, Any]:
        said = message.model_dump(exclude={"message_id"})
        said["persona"] = persona = await self._persona(message.persona)
        said["message_id"] = message.message_id or secrets.token_hex(16)
        answer = await self._client.post("/control/messages", json=said)
        if answer.is_error:
            raise HTTPException(answer.status_code, answer.json())
        channel = "oa" if persona.startswith("customer:") else "wecom"
        row = await self._finished(channel, str(message_number(said["message_id"])))
        if row is None:
            return {"replies": [_shown(item) for item in answer.json()["shown"]]}
        return _answer(row)

    async def _persona(self, wanted: str) -> str:
        """The sandbox's id of a persona; a bare role means the first of that role."""
        for attempt in range(2):
            known = (await self._client.get("/control/phones")).raise_for_status().json()
            ids = [phone["persona"]["id"] for phone in known]
            if found := next((i for i in ids if wanted in {i, i.partition(":")[0]}), None):
                return str(found)
            if attempt == 0:
                await self.register()
        raise HTTPException(HTTPStatus.NOT_FOUND, f"没有「{wanted}」这个人物")

    async def register(self) -> None:
        """Give everybody of the store a phone in the sandbox."""
        everybody = await asyncio.to_thread(self._everybody)
        answer = await self._client.post("/control/personas", json=everybody)
        answer.raise_for_status()

    def _everybody(self) -> list[dict[str, Any]]:
        with reading() as session:
            return personas.everybody(session, self._appid)

    async def _finished(self, channel: str, message_id: str) -> Inbound | None:
        until = asyncio.get_running_loop().time() + _TURN_SECONDS
        row = await asyncio.to_thread(self._find, channel, message_id)
        while row is not None and row.state not in {InboundState.DONE, InboundState.FAILED}:
            if asyncio.get_running_loop().time() > until:
                raise HTTPException(HTTPStatus.GATEWAY_TIMEOUT, "这句话还没有处理完")
            await asyncio.sleep(_LOOK_SECONDS)
            row = await asyncio.to_thread(self._find, channel, message_id)
        return row

    def _find(self, channel: str, message_id: str) -> Inbound | None:
        with reading() as session:
            return inbound.find(session, channel, self._accounts[channel], message_id)


def _answer(row: Inbound) -> dict[str, Any]:
    return {
        "replies": [_reply(reply) for reply in row.replies or []],
        "intent": row.intent,
        "entities": row.entities or [],
    }


def _reply(reply: dict[str, Any]) -> dict[str, Any]:
    return {
        "text": reply.get("text") or "",
        "buttons": reply.get("buttons") or [],
        "image": reply.get("image"),
        "card": reply.get("custom"),
    }


def _shown(item: dict[str, Any]) -> dict[str, Any]:
    return {
        "text": item["text"],
        "buttons": item["buttons"],
        "image": item["image"],
        "card": item["card"],
    }
