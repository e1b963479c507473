"""The dialogue client: one turn or parse at a time over HTTP to Rasa."""

import zlib
from collections.abc import Sequence
from typing import Any

import httpx
import orjson

from crm_core.clock import local, now
from crm_core.inbound.service import Answer, Turn
from crm_core.settings import Settings

_TURN_SECONDS = 20.0
_CONNECT_SECONDS = 2.0


class DialogueFailed(Exception):
    """Rasa is down, hangs, refuses or has nothing to say."""


class Dialogue:
    """Rasa, behind one or several addresses; a conversation prefers one of them."""

    def __init__(self, settings: Settings) -> None:
        self._urls = settings.rasa_urls
        secret = settings.internal_secret.get_secret_value()
        self._client = httpx.AsyncClient(
            headers={"Authorization": f"Bearer {secret}"},
            timeout=httpx.Timeout(_TURN_SECONDS, connect=_CONNECT_SECONDS),
            limits=httpx.Limits(max_connections=64, max_keepalive_connections=64),
        )

    async def close(self) -> None:
        await self._client.aclose()

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
                answer = await self._client.get(f"{url}/webhooks/dianyu/ready", timeout=2)
            except httpx.HTTPError:
                continue
            if answer.is_success:
                return True
        return False

    async def _post(self, what: str, body: dict[str, Any], affinity: str) -> dict[str, Any]:
        first = zlib.crc32(affinity.encode()) % len(self._urls)
        failures = []
        for url in self._urls[first:] + self._urls[:first]:
            try:
                answer = await self._client.post(
                    f"{url}/webhooks/dianyu/{what}",
                    content=orjson.dumps(body),
                    headers={"Content-Type": "application/json"},
                )
            except httpx.HTTPError as error:
                failures.append(type(error).__name__)
                continue
            if answer.is_success:
                parsed: dict[str, Any] = orjson.loads(answer.content)
                return parsed
            failures.append(str(answer.status_code))
        raise DialogueFailed(f"{what}: {', '.join(failures)}")
