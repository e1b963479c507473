"""The way to the actions: one session, our header, orjson both ways."""

import os
from http import HTTPStatus
from typing import Any

import aiohttp
import orjson
from rasa.utils.endpoints import ClientResponseError, EndpointConfig

from bot.launcher import wire

ACTION_SECONDS = 10.0  # the gateway has apologised long before; this only frees the turn
CONNECT_SECONDS = 5.0
IDLE_SECONDS = 4.0  # less than uvicorn's 5, so that it is us who close


class Actions(EndpointConfig):
    """Rasa's endpoint, except that connections live on between calls."""

    def __init__(self, internal_url: str, secret: str) -> None:
        super().__init__(f"{internal_url}/internal/actions")
        self._headers = {
            "Authorization": f"Bearer {secret}",
            "Content-Type": "application/json",
        }
        self._session: aiohttp.ClientSession | None = None

    @classmethod
    def from_environment(cls) -> "Actions":
        """The endpoint that the launcher's variables name."""
        return cls(os.environ["DIANYU_INTERNAL_URL"], os.environ["DIANYU_INTERNAL_SECRET"])

    async def request(
        self,
        method: str = "post",
        subpath: str | None = None,
        content_type: str | None = "application/json",
        compress: bool = False,
        **kwargs: Any,
    ) -> Any:
        """Post `json` and give the decoded answer.

        Raises:
            ClientResponseError: the status is 400 or above.
            aiohttp.ClientError: the server cannot be reached, or answers something else.
        """
        body = wire.dumps(kwargs["json"])
        try:
            return await self._post(body)
        except (aiohttp.ServerDisconnectedError, aiohttp.ClientOSError):
            # The server let an idle connection go. Sending again is safe: a write's ref
            # names message and action.
            return await self._post(body)

    async def close(self) -> None:
        """Let go of the connections."""
        if self._session:
            await self._session.close()

    async def _post(self, body: bytes) -> Any:
        async with self._opened().post(self.url, data=body) as response:
            raw = await response.read()
            if response.status >= HTTPStatus.BAD_REQUEST:
                raise ClientResponseError(response.status, str(response.reason), raw)
        return orjson.loads(raw)

    def _opened(self) -> aiohttp.ClientSession:
        if self._session is None:
            timeout = aiohttp.ClientTimeout(total=ACTION_SECONDS, sock_connect=CONNECT_SECONDS)
            connector = aiohttp.TCPConnector(limit=0, keepalive_timeout=IDLE_SECONDS)
            self._session = aiohttp.ClientSession(
                headers=self._headers, timeout=timeout, connector=connector
            )
        return self._session


class NoActions(EndpointConfig):
    """Answers every action with nothing, so that a worker can warm up on its own."""

    async def request(self, *args: Any, **kwargs: Any) -> Any:
        return {"events": [], "responses": []}
