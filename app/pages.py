"""The pages through the gateway, which proxies to the UI process, its WebSocket included."""

from collections.abc import Awaitable, Callable

import httpx
from fastapi import FastAPI, Request, Response, WebSocket
from fastapi_proxy_lib.core.http import ReverseHttpProxy
from fastapi_proxy_lib.core.websocket import ReverseWebSocketProxy

_MOST_MESSAGE_BYTES = 2 * 1024 * 1024  # NiceGUI sends whole pages


def open_on(made: FastAPI, ui_url: str) -> Callable[[], Awaitable[None]]:
    """Add the routes of the pages and of NiceGUI's own files; call the result at the end."""
    limits = httpx.Limits(max_connections=100, keepalive_expiry=2)
    client = httpx.AsyncClient(limits=limits, timeout=30, trust_env=False)
    http = ReverseHttpProxy(client, base_url=f"{ui_url}/")
    websocket = ReverseWebSocketProxy(
        client, base_url=f"{ui_url}/", max_message_size_bytes=_MOST_MESSAGE_BYTES
    )

    @made.get("/try", include_in_schema=False)
    async def page(request: Request) -> Response:
        return await http.proxy(request=request, path="try")

    @made.api_route("/_nicegui/{path:path}", methods=["GET", "POST"], include_in_schema=False)
    async def files(request: Request, path: str) -> Response:
        return await http.proxy(request=request, path=f"_nicegui/{path}")

    @made.api_route("/_nicegui_ws/{path:path}", methods=["GET", "POST"], include_in_schema=False)
    async def polling(request: Request, path: str) -> Response:
        return await http.proxy(request=request, path=f"_nicegui_ws/{path}")

    @made.websocket("/_nicegui_ws/{path:path}")
    async def live(socket: WebSocket, path: str) -> object:
        return await websocket.proxy(websocket=socket, path=f"_nicegui_ws/{path}")

    return client.aclose
