"""The dialogue client: one turn or parse at a time over HTTP to Rasa."""

import zlib
from collections.abc import Sequence
from typing import Any

import aiohttp
import orjson

from crm_core.clock import local, now
from crm_core.inbound.service import Answer, Turn
from crm_core.settings import Settings

_TURN_SECONDS = 20.0
_CONNECT_SECONDS = 2.0
_UNREACHABLE = (aiohttp.ClientError, TimeoutError, orjson.JSONDecodeError)


class DialogueFailed(Exception):
    """Rasa is down, hangs, refuses or has nothing to say."""


class Dialogue:
    """Rasa, behind one or several addresses; a conversation prefers one of them."""

    def __init__(self, settings: Settings) -> None:
        self._urls = settings.rasa_urls
        secret = settings.internal_secret.get_secret_value()
        self._headers = {"Authorization": f"Bearer {secret}", "Content-Type": "application/json"}
        self._session: aiohttp.ClientSession | None = None

    async def close(self) -> None:
        if self._session is not None:
            await self._session.close()

    async def turn(self, turn: Turn) -> Answer:
        """What the bot answers to one message.

        Raises:
            DialogueFailed: no address answered, or there is nothing to say.
        """
        said: dict[str, Any] = {
            "conversation_id": turn.public_id,
            "inbound_id": turn.inbound_id,
            "role": turn.role.value,
            "now": local(now()).isoformat(),
            "state": turn.state,
        }
        if intent := turn.data.get("intent"):
            said |= {"intent": intent, "entities": turn.data.get("entities") or []}
        else:
            said["text"] = turn.text or ""
        answer = await self._post("turn", said, turn.public_id)
        if not answer["replies"] or answer["failed_actions"]:
            raise DialogueFailed(f"failed: {answer['failed_actions'] or 'no reply'}")
        return Answer(
            replies=answer["replies"],
            state=answer["state"],
            intent=(answer.get("intent") or {}).get("name"),
            entities=answer.get("entities") or [],
        )

    async def parse(self, items: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
        """The understanding alone, for each {"role", "text", "now"} in order.

        Raises:
            DialogueFailed: no address answered.
        """
        answer = await self._post("parse", {"items": list(items)}, "parse")
        parsed: list[dict[str, Any]] = answer["items"]
        return parsed

    async def ready(self) -> bool:
        """Whether at least one address is warm."""
        for url in self._urls:
            try:
                async with self._client().get(f"{url}/webhooks/dianyu/ready") as answer:
                    if answer.ok:
                        return True
            except _UNREACHABLE:
                continue
        return False

    async def _post(self, what: str, body: dict[str, Any], affinity: str) -> dict[str, Any]:
        first = zlib.crc32(affinity.encode()) % len(self._urls)
        failures = []
        for url in self._urls[first:] + self._urls[:first]:
            try:
                async with self._client().post(
                    f"{url}/webhooks/dianyu/{what}", data=orjson.dumps(body)
                ) as answer:
                    if answer.ok:
                        parsed: dict[str, Any] = orjson.loads(await answer.read())
                        return parsed
                    failures.append(str(answer.status))
            except _UNREACHABLE as error:
                failures.append(type(error).__name__)
        raise DialogueFailed(f"{what}: {', '.join(failures)}")

    def _client(self) -> aiohttp.ClientSession:
        """One session for all calls, opened where the event loop runs."""
        if self._session is None:
            timeout = aiohttp.ClientTimeout(total=_TURN_SECONDS, sock_connect=_CONNECT_SECONDS)
            self._session = aiohttp.ClientSession(headers=self._headers, timeout=timeout)
        return self._session
