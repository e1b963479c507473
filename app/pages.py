"""The pages through the gateway, which proxies to the UI process, its WebSocket included."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx
from fastapi import FastAPI, Request, Response, WebSocket
from fastapi_proxy_lib.core.http import ReverseHttpProxy
from fastapi_proxy_lib.core.websocket import ReverseWebSocketProxy

_MOST_MESSAGE_BYTES = 2 * 1024 * 1024  # NiceGUI sends whole pages


class Pages:
    """The proxies to one UI process."""

    def __init__(self, ui_url: str) -> None:
        limits = httpx.Limits(max_connections=100, keepalive_expiry=2)
        self._client = httpx.AsyncClient(limits=limits, timeout=30, trust_env=False)
        self._http = ReverseHttpProxy(self._client, base_url=f"{ui_url}/")
        self._websocket = ReverseWebSocketProxy(
            self._client, base_url=f"{ui_url}/", max_message_size_bytes=_MOST_MESSAGE_BYTES
        )

    def open_on(self, made: FastAPI) -> None:
        """Add the routes of the pages and of NiceGUI's own files."""

        @made.get("/try", include_in_schema=False)
        async def page(request: Request) -> Response:
            return await self._http.proxy(request=request, path="try")

        @made.api_route("/_nicegui/{path:path}", methods=["GET", "POST"], include_in_schema=False)
        async def files(request: Request, path: str) -> Response:
            return await self._http.proxy(request=request, path=f"_nicegui/{path}")

        @made.get("/_nicegui_ws/{path:path}", include_in_schema=False)
        @made.post("/_nicegui_ws/{path:path}", include_in_schema=False)
        async def polling(request: Request, path: str) -> Response:
            return await self._http.proxy(request=request, path=f"_nicegui_ws/{path}")

        @made.websocket("/_nicegui_ws/{path:path}")
        async def live(websocket: WebSocket, path: str) -> object:
            return await self._websocket.proxy(websocket=websocket, path=f"_nicegui_ws/{path}")

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Close the connections at the end."""
        yield
        await self._http.aclose()
        await self._websocket.aclose()
